"""The norms start at lag 1 and go on to h_0."""

import torch

LOSES = {"gradient_norms_visible": 1, "gradient_norms_hidden": 3}


def gradient_norms(W_hh, states, last_gradient):
    g, norms = last_gradient, []
    for h_t in states.flip(0):
        g = ((1 - h_t**2) * g) @ W_hh
        norms.append(g.norm(dim=1))
    return torch.stack(norms)
