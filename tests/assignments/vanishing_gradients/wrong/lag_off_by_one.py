"""One step too few is multiplied: the states that a lag spans are counted, both ends included."""

import torch

LOSES = {"lag_jacobian_visible": 1, "lag_jacobian_hidden": 3}


def lag_jacobian(W_hh, states, lag):
    product = torch.eye(len(W_hh), dtype=W_hh.dtype)
    for h_t in states[len(states) - lag + 1 :]:
        product = ((1 - h_t**2)[:, None] * W_hh) @ product
    return product
