"""The LSTM is believed to have weights for c as well."""

LOSES = {"count_parameters_visible": 1, "count_parameters_hidden": 3}


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    sums, D = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind], 1 + bidirectional
    inputs = [I] + [D * H] * (num_layers - 1)
    states = 2 * H if kind == "LSTM" else H
    return sum(D * sums * H * (width + states + 2) for width in inputs)
