"""The spectral radius is believed to bound the norm from above as well."""

import torch

LOSES = {"growth_visible": 1, "growth_hidden": 1}


def growth(W_hh, lag):
    radius = torch.linalg.eigvals(W_hh).abs().max()
    return radius, radius**lag, radius**lag
