"""Each step takes the slope of the state that it starts from."""

import torch

LOSES = {"lag_jacobian_visible": 1, "lag_jacobian_hidden": 3}


def lag_jacobian(W_hh, states, lag):
    T = len(states)
    states = torch.cat([torch.zeros_like(states[:1]), states])  # h_0 to h_T
    product = torch.eye(len(W_hh), dtype=W_hh.dtype)
    for t in range(T - lag, T):
        product = ((1 - states[t] ** 2)[:, None] * W_hh) @ product
    return product
