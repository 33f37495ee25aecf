"""The state goes through W_ih and the input through W_hh."""

import torch

LOSES = {"rnn_step_visible": 1, "rnn_step_hidden": 2}


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    return torch.tanh(x_t @ W_hh.T + b_ih + h_before @ W_ih.T + b_hh)
