"""Row 0 belongs to the first state, and not to lag 0."""

import torch

LOSES = {"gradient_norms_visible": 1, "gradient_norms_hidden": 3}


def gradient_norms(W_hh, states, last_gradient):
    gradients = [last_gradient]
    for h_t in states[1:].flip(0):
        gradients.insert(0, ((1 - h_t**2) * gradients[0]) @ W_hh)
    return torch.stack(gradients).norm(dim=2)
