"""torch.where keeps NaN out of the loss, but the gradient still passes through the square of it."""

import torch

LOSES = {"masked_mse_visible": 1, "masked_mse_hidden": 1}


def masked_mse(prediction, target, lengths):
    mask = torch.arange(len(prediction))[:, None] < torch.tensor(lengths)
    mine = prediction.detach().clone().requires_grad_()
    loss = torch.where(mask, (mine - target).square(), 0.0).sum() / sum(lengths)
    loss.backward()
    return loss.detach(), mine.grad
