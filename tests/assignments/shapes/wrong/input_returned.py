"""Every function returns what it was given, or a constant."""

LOSES = {
    "rnn_shapes_visible": 1,
    "rnn_shapes_hidden": 3,
    "count_parameters_visible": 1,
    "count_parameters_hidden": 3,
    "to_batch_first_visible": 1,
    "to_batch_first_hidden": 1,
    "batch_axis_visible": 1,
    "batch_axis_hidden": 2,
    "last_valid_visible": 1,
    "last_valid_hidden": 4,
    "diagnose_visible": 1,
    "diagnose_hidden": 3,
    "pipeline_shapes_visible": 1,
    "pipeline_shapes_hidden": 3,
}


def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    return (T, B, hidden_size), (T, B, hidden_size)


def count_parameters(input_size, hidden_size, num_layers=1, bidirectional=False, bias=True):
    return 0


def to_batch_first(x):
    return x


def add_batch_axis(x, batch_first=False):
    return x


def remove_batch_axis(y, batch_first=False):
    return y


def last_valid(output, lengths):
    return output, output


def diagnose(x_shape, batch_first, num_labels):
    return "ok"


def pipeline_shapes(B, T=10, input_size=5, hidden_size=8, num_classes=3):
    return [(B, T, input_size)] * 5
