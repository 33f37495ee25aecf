"""The state goes on, but starts with I numbers."""

import torch

LOSES = {"mended_rnn_visible": 1, "mended_rnn_hidden": 1}


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    h, output = torch.zeros_like(x[0]), []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output.append(h)
    return torch.stack(output)
