"""h_0 is always used at step 0."""

import torch

LOSES = {"run_stream_visible": 1, "run_stream_hidden": 3}


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0, []
    for t, x_t in enumerate(x):
        if t > 0:
            h = torch.where(starts[t][:, None], 0.0, h)
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output.append(h)
    return torch.stack(output), h
