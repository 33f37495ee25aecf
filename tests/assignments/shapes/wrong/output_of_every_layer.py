"""output is believed to hold the states of every layer, side by side."""

LOSES = {"rnn_shapes_visible": 1, "rnn_shapes_hidden": 1}


def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    slices = num_layers * (2 if bidirectional else 1)
    if B is None:
        return (T, slices * hidden_size), (slices, hidden_size)
    output = (B, T, slices * hidden_size) if batch_first else (T, B, slices * hidden_size)
    return output, (slices, B, hidden_size)
