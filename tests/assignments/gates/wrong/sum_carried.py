"""What goes on is the sum, before tanh."""

import torch

LOSES = {"mended_rnn_visible": 1, "mended_rnn_hidden": 2}


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    a, output = x.new_zeros(x.shape[1], len(W_hh)), []
    for x_t in x:
        a = x_t @ W_ih.T + b_ih + a @ W_hh.T + b_hh
        output.append(a.tanh())
    return torch.stack(output)
