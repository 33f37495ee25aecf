"""The state goes on one step too late."""

import torch

LOSES = {"mended_rnn_visible": 1, "mended_rnn_hidden": 2}


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    older = old = x.new_zeros(x.shape[1], len(W_hh))
    output = []
    for x_t in x:
        older, old = old, torch.tanh(x_t @ W_ih.T + b_ih + older @ W_hh.T + b_hh)
        output.append(old)
    return torch.stack(output)
