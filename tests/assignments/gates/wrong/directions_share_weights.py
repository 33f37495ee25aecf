"""Both directions are believed to use the same weights."""

LOSES = {"count_parameters_visible": 1, "count_parameters_hidden": 1}


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    sums, D = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind], 1 + bidirectional
    inputs = [I] + [D * H] * (num_layers - 1)
    return sum(sums * H * (width + H + 2) for width in inputs)
