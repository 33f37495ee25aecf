"""The weights are applied from the same side as in the forward step."""

import torch

LOSES = {"gradient_norms_visible": 1, "gradient_norms_hidden": 3}


def gradient_norms(W_hh, states, last_gradient):
    g, norms = last_gradient, [last_gradient.norm(dim=1)]
    for h_t in states[1:].flip(0):
        g = ((1 - h_t**2) * g) @ W_hh.T
        norms.append(g.norm(dim=1))
    return torch.stack(norms)
