"""The caller's h_0 is used as the state."""

import torch

LOSES = {"run_visible": 1, "run_hidden": 1}


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    output = []
    for x_t in x:
        h_0[:] = torch.tanh(x_t @ W_ih.T + b_ih + h_0 @ W_hh.T + b_hh)
        output.append(h_0.clone())
    return torch.stack(output), h_0.clone()
