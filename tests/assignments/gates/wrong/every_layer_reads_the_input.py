"""All layers are counted like the first."""

LOSES = {"count_parameters_visible": 1, "count_parameters_hidden": 2}


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    sums, D = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind], 1 + bidirectional
    return num_layers * D * sums * H * (I + H + 2)
