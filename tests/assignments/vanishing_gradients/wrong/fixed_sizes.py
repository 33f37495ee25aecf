"""The sizes of the examples are written into the answers."""

import torch

LOSES = {
    "step_jacobian_hidden": 2,
    "lag_jacobian_hidden": 3,
    "initial_W_hh_hidden": 3,
}


def step_jacobian(W_hh, h_t):
    return torch.stack([(1 - h_t[0] ** 2) * W_hh[0], (1 - h_t[1] ** 2) * W_hh[1]])


def lag_jacobian(W_hh, states, lag):
    product = torch.eye(2, dtype=W_hh.dtype)
    for t in range(3 - lag, 3):
        product = ((1 - states[t] ** 2)[:, None] * W_hh) @ product
    return product


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(2, dtype=A.dtype)
    first = A[:, 0] / A[:, 0].norm()
    turned = torch.stack([-first[1], first[0]])
    return gain * torch.stack([first, turned * (turned @ A[:, 1]).sign()], 1)
