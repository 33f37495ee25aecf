"""The slope is computed from the tanh of h_t, as if h_t were the pre-activation."""

import torch

LOSES = {"step_backward_visible": 1, "step_backward_hidden": 2}


def step_backward(d_h, h_t, W_hh):
    d_a = d_h * (1 - torch.tanh(h_t) ** 2)
    return d_a, d_a @ W_hh
