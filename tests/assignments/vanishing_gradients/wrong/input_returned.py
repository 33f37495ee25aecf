"""Every function returns what it was given, or a constant."""

import torch

LOSES = {
    "step_jacobian_visible": 1,
    "step_jacobian_hidden": 2,
    "lag_jacobian_visible": 1,
    "lag_jacobian_hidden": 3,
    "gradient_norms_visible": 1,
    "gradient_norms_hidden": 3,
    "growth_visible": 1,
    "growth_hidden": 3,
    "clip_gradients_visible": 1,
    "clip_gradients_hidden": 3,
    "initial_W_hh_visible": 1,
    "initial_W_hh_hidden": 3,
    "truncated_gradient_visible": 1,
    "truncated_gradient_hidden": 3,
    "learn_adding_visible": 1,
    "learn_adding_hidden": 5,
}


def step_jacobian(W_hh, h_t):
    return W_hh


def lag_jacobian(W_hh, states, lag):
    return W_hh


def gradient_norms(W_hh, states, last_gradient):
    return torch.ones(states.shape[:2], dtype=states.dtype)


def growth(W_hh, lag):
    return 1.0, 1.0, 1.0


def clip_gradients(gradients, max_norm):
    return gradients, max_norm


def initial_W_hh(kind, A, gain=1.0):
    return A


def truncated_gradient(W_ih, W_hh, b, x, y, k):
    return torch.zeros_like(W_hh)


def learn_adding():
    return {}
