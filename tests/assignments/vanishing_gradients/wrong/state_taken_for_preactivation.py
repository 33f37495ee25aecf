"""tanh is applied once more to the state, as if it were what goes into tanh."""

import torch

LOSES = {"step_jacobian_visible": 1, "step_jacobian_hidden": 2}


def step_jacobian(W_hh, h_t):
    return (1 - torch.tanh(h_t) ** 2)[:, None] * W_hh
