"""The loop ends one step early."""

import torch

LOSES = {"run_visible": 1, "run_hidden": 3}


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0, []
    for t in range(len(x) - 1):
        h = torch.tanh(x[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output.append(h)
    return torch.stack(output), h
