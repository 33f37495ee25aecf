"""The norm of what is returned is returned."""

import torch

LOSES = {"clip_gradients_visible": 1, "clip_gradients_hidden": 1}


def clip_gradients(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    if norm > max_norm:
        gradients = [g * max_norm / norm for g in gradients]
    return gradients, torch.cat([g.flatten() for g in gradients]).norm()
