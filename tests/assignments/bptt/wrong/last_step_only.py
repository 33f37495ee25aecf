"""Only the last step gives a gradient to the weights."""

import torch

LOSES = {"all_gradients_visible": 1, "all_gradients_hidden": 3}


def all_gradients(d_a, x, h_0, states, W_ih):
    before = torch.cat([h_0[None], states[:-1]])
    rows = d_a[-1]
    d_W_ih = rows.T @ x[-1]
    d_W_hh = rows.T @ before[-1]
    return d_a @ W_ih, d_W_ih, d_W_hh, rows.sum(0)
