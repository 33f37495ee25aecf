"""The state is overwritten, so all entries of output are the last state."""

import torch

LOSES = {"run_visible": 1, "run_hidden": 2}


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0.clone(), []
    for x_t in x:
        h[:] = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output.append(h)
    return torch.stack(output), h
