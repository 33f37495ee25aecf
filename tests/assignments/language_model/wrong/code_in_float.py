"""The code is not a whole number."""

import torch

LOSES = {"draw_visible": 1, "draw_hidden": 2}


def draw(p, u):
    borders = p.cumsum(1)
    u = torch.minimum(u, torch.nextafter(borders[:, -1], torch.zeros_like(u)))
    return (borders <= u[:, None]).to(p.dtype).sum(1)
