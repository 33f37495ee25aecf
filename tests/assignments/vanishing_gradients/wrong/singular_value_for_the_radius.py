"""The largest singular value is taken for the spectral radius."""

import torch

LOSES = {"growth_visible": 1, "growth_hidden": 2}


def growth(W_hh, lag):
    largest = torch.linalg.matrix_norm(W_hh, 2)
    return largest, largest**lag, largest**lag
