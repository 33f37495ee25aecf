"""The state never goes on."""

import torch

LOSES = {"mended_rnn_visible": 1, "mended_rnn_hidden": 2}


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    h = x.new_zeros(x.shape[1], len(W_hh))
    return torch.stack([torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh) for x_t in x])
