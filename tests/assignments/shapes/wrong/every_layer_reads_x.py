"""Every layer is believed to read the input."""

LOSES = {"count_parameters_visible": 1, "count_parameters_hidden": 2}


def count_parameters(input_size, hidden_size, num_layers=1, bidirectional=False, bias=True):
    D = 2 if bidirectional else 1
    return num_layers * D * hidden_size * (input_size + hidden_size + (2 if bias else 0))
