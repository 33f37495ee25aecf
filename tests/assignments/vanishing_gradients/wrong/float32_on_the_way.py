"""The dtype comes back right, but the arithmetic was done in float32."""

import torch

LOSES = {
    "step_jacobian_hidden": 1,
    "lag_jacobian_hidden": 3,
    "gradient_norms_hidden": 3,
    "initial_W_hh_visible": 1,
    "initial_W_hh_hidden": 2,
}


def step_jacobian(W_hh, h_t):
    return ((1 - h_t.float() ** 2)[:, None] * W_hh.float()).to(W_hh.dtype)


def lag_jacobian(W_hh, states, lag):
    product = torch.eye(len(W_hh))
    for h_t in states[len(states) - lag :].float():
        product = ((1 - h_t**2)[:, None] * W_hh.float()) @ product
    return product.to(W_hh.dtype)


def gradient_norms(W_hh, states, last_gradient):
    norms = torch.zeros(states.shape[:2])
    g = last_gradient.float()
    for lag in range(len(states)):
        norms[lag] = g.norm(dim=1)
        g = ((1 - states[-1 - lag].float() ** 2) * g) @ W_hh.float()
    return norms.to(W_hh.dtype)


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(len(A)).to(A.dtype)
    Q, R = torch.linalg.qr(A.float())
    return (gain * Q * R.diagonal().sign()).to(A.dtype)
