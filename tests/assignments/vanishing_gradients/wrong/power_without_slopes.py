"""The slopes are left out of the product."""

import torch

LOSES = {"lag_jacobian_visible": 1, "lag_jacobian_hidden": 3}


def lag_jacobian(W_hh, states, lag):
    return torch.linalg.matrix_power(W_hh, lag)
