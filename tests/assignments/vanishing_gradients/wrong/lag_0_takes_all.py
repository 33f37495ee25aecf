"""states[-0:] is all of them, and not none."""

import torch

LOSES = {"lag_jacobian_visible": 1, "lag_jacobian_hidden": 1}


def lag_jacobian(W_hh, states, lag):
    product = torch.eye(len(W_hh), dtype=W_hh.dtype)
    for h_t in states[-lag:]:
        product = ((1 - h_t**2)[:, None] * W_hh) @ product
    return product
