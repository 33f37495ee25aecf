"""h_n has a slice for each layer, but not for each direction."""

LOSES = {"rnn_shapes_visible": 1, "rnn_shapes_hidden": 1}


def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    D = 2 if bidirectional else 1
    if B is None:
        return (T, D * hidden_size), (num_layers, hidden_size)
    output = (B, T, D * hidden_size) if batch_first else (T, B, D * hidden_size)
    return output, (num_layers, B, hidden_size)
