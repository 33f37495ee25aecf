"""The gradients that the caller still has are changed."""

import torch

LOSES = {"clip_gradients_visible": 1, "clip_gradients_hidden": 1}


def clip_gradients(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return gradients, norm
