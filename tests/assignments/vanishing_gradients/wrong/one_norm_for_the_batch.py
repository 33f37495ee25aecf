"""The norm is taken over all sequences together."""

import torch

LOSES = {"gradient_norms_visible": 1, "gradient_norms_hidden": 1}


def gradient_norms(W_hh, states, last_gradient):
    g, norms = last_gradient, [last_gradient.norm().expand(len(last_gradient))]
    for h_t in states[1:].flip(0):
        g = ((1 - h_t**2) * g) @ W_hh
        norms.append(g.norm().expand(len(g)))
    return torch.stack(norms)
