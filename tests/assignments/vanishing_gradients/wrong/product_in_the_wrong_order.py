"""Later steps are multiplied on the right."""

import torch

LOSES = {"lag_jacobian_visible": 1, "lag_jacobian_hidden": 2}


def lag_jacobian(W_hh, states, lag):
    product = torch.eye(len(W_hh), dtype=W_hh.dtype)
    for h_t in states[len(states) - lag :]:
        product = product @ ((1 - h_t**2)[:, None] * W_hh)
    return product
