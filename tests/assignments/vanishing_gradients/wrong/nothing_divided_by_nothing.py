"""Gradients of 0 become NaN."""

import torch

LOSES = {"clip_gradients_hidden": 1}


def clip_gradients(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    return [g / norm * min(norm, max_norm) for g in gradients], norm
