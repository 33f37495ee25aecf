"""Each number is cut at the limit."""

import torch

LOSES = {"clip_gradients_visible": 1, "clip_gradients_hidden": 1}


def clip_gradients(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    return [g.clamp(-max_norm, max_norm) for g in gradients], norm
