"""Every function returns what it was given, or a constant."""

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
    "set_forget_bias_visible": 1,
    "set_forget_bias_hidden": 3,
    "mended_lstm_visible": 1,
    "mended_lstm_hidden": 2,
    "mended_gru_visible": 1,
    "mended_gru_hidden": 2,
    "mended_rnn_visible": 1,
    "mended_rnn_hidden": 2,
}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    return h, c


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    return torch.zeros(len(x), *h_0.shape).to(x), h_0, c_0


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    return h


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    return 0


def set_forget_bias(b_ih, b_hh, share, lag):
    return b_ih, b_hh


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    return torch.zeros(len(x), x.shape[1], W_hh.shape[1]).to(x)


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    return torch.zeros(len(x), x.shape[1], W_hh.shape[1]).to(x)


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    return x
