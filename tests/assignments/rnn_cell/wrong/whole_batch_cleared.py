"""One start clears the state of every column."""

import torch

LOSES = {"run_stream_visible": 1, "run_stream_hidden": 2}


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0, []
    for x_t, new in zip(x, starts, strict=True):
        if new.any():
            h = torch.zeros_like(h)
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output.append(h)
    return torch.stack(output), h
