"""The input of the step before is projected like the input, too."""

import torch

LOSES = {"mended_rnn_visible": 1, "mended_rnn_hidden": 2}


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    before, output = torch.zeros_like(x[0]), []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih.T + b_ih + before @ W_ih.T @ W_hh.T + b_hh)
        output.append(h)
        before = x_t
    return torch.stack(output)
