"""The options are believed to matter for batches only."""

LOSES = {"rnn_shapes_hidden": 1}


def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    if B is None:
        return (T, hidden_size), (1, hidden_size)
    D = 2 if bidirectional else 1
    output = (B, T, D * hidden_size) if batch_first else (T, B, D * hidden_size)
    return output, (D * num_layers, B, hidden_size)
