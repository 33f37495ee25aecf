"""The step from h_0 to h_1 is left out."""

import torch

LOSES = {"lag_jacobian_visible": 1, "lag_jacobian_hidden": 3}


def lag_jacobian(W_hh, states, lag):
    product = torch.eye(len(W_hh), dtype=W_hh.dtype)
    for back in range(1, min(lag, len(states) - 1) + 1):
        product = product @ ((1 - states[-back] ** 2)[:, None] * W_hh)
    return product
