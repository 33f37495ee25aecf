"""Only the gates are counted, and not the proposal."""

LOSES = {"count_parameters_visible": 1, "count_parameters_hidden": 3}


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    sums, D = {"RNN": 1, "GRU": 2, "LSTM": 3}[kind], 1 + bidirectional
    inputs = [I] + [D * H] * (num_layers - 1)
    return sum(D * sums * H * (width + H + 2) for width in inputs)
