"""The scaled gradients are computed and thrown away."""

import torch

LOSES = {"clip_gradients_visible": 1, "clip_gradients_hidden": 2}


def clip_gradients(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    if norm > max_norm:
        for g in gradients:
            g = g * max_norm / norm
    return gradients, norm
