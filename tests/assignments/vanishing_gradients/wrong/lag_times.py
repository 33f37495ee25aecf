"""The numbers are multiplied by the lag, and not taken to its power."""

import torch

LOSES = {"growth_visible": 1, "growth_hidden": 2}


def growth(W_hh, lag):
    radius = torch.linalg.eigvals(W_hh).abs().max()
    return radius, radius * lag, torch.linalg.matrix_norm(W_hh, 2) * lag
