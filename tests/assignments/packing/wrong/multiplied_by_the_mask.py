"""Padding is multiplied by 0, which does not get rid of NaN."""

import torch

LOSES = {"masked_mse_visible": 1, "masked_mse_hidden": 1}


def masked_mse(prediction, target, lengths):
    mask = torch.arange(len(prediction))[:, None] < torch.tensor(lengths)
    mine = prediction.detach().clone().requires_grad_()
    loss = ((mine - target).square() * mask).sum() / sum(lengths)
    loss.backward()
    return loss.detach(), mine.grad
