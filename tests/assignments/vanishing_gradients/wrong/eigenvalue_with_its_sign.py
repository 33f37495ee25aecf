"""The largest real part is taken, so negative and complex eigenvalues do not count."""

import torch

LOSES = {"growth_visible": 1, "growth_hidden": 2}


def growth(W_hh, lag):
    radius = torch.linalg.eigvals(W_hh).real.max()
    return radius, radius**lag, torch.linalg.matrix_norm(W_hh, 2) ** lag
