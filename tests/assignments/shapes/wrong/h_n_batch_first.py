"""batch_first is believed to move the batch axis of h_n as well."""

LOSES = {
    "rnn_shapes_visible": 1,
    "rnn_shapes_hidden": 1,
    "pipeline_shapes_visible": 1,
    "pipeline_shapes_hidden": 1,
}


def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    D = 2 if bidirectional else 1
    if B is None:
        return (T, D * hidden_size), (D * num_layers, hidden_size)
    if batch_first:
        return (B, T, D * hidden_size), (B, D * num_layers, hidden_size)
    return (T, B, D * hidden_size), (D * num_layers, B, hidden_size)


def pipeline_shapes(B, T=10, input_size=5, hidden_size=8, num_classes=3):
    hidden = (B, hidden_size)
    return [(B, T, input_size), (B, T, hidden_size), (B, 1, hidden_size), hidden, (B, num_classes)]
