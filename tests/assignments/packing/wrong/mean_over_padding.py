"""Padding adds 0 to the sum, but it is counted in the number of steps."""

import torch

LOSES = {"masked_mse_visible": 1, "masked_mse_hidden": 3}


def masked_mse(prediction, target, lengths):
    mask = torch.arange(len(prediction))[:, None] < torch.tensor(lengths)
    error = torch.where(mask, prediction - target, 0.0)
    return error.square().mean(), 2 * error / error.numel()
