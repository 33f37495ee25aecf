"""The root is forgotten."""

import torch

LOSES = {"gradient_norms_visible": 1, "gradient_norms_hidden": 3}


def gradient_norms(W_hh, states, last_gradient):
    gradients = [last_gradient]
    for h_t in states[1:].flip(0):
        gradients.append(((1 - h_t**2) * gradients[-1]) @ W_hh)
    return torch.stack(gradients).square().sum(2)
