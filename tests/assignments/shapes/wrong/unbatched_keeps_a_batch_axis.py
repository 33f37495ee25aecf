"""One sequence without a batch axis is believed to come back with one of size 1."""

LOSES = {"rnn_shapes_visible": 1, "rnn_shapes_hidden": 1}


def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    D = 2 if bidirectional else 1
    B = B or 1
    output = (B, T, D * hidden_size) if batch_first else (T, B, D * hidden_size)
    return output, (D * num_layers, B, hidden_size)
