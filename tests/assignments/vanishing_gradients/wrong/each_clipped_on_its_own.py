"""Each gradient is clipped by its own norm."""

import torch

LOSES = {"clip_gradients_visible": 1, "clip_gradients_hidden": 1}


def clip_gradients(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    return [g * min(1.0, max_norm / float(g.norm() + 1e-6)) for g in gradients], norm
