"""The loss is computed from a copy without history, so no gradient arrives."""

import torch

LOSES = {"masked_mse_visible": 1, "masked_mse_hidden": 3}


def masked_mse(prediction, target, lengths):
    mask = torch.arange(len(prediction))[:, None] < torch.tensor(lengths)
    mine = prediction.clone().requires_grad_()
    loss = (mine.detach()[mask] - target[mask]).square().mean()
    (gradient,) = torch.autograd.grad(
        loss.requires_grad_(), mine, allow_unused=True, materialize_grads=True
    )
    return loss.detach(), gradient
