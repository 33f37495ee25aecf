"""The root of the sum of squares is taken for the largest singular value."""

import torch

LOSES = {"growth_visible": 1, "growth_hidden": 1}


def growth(W_hh, lag):
    radius = torch.linalg.eigvals(W_hh).abs().max()
    return radius, radius**lag, W_hh.norm() ** lag
