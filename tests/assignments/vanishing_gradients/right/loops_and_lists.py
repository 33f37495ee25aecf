"""Every number by itself, in Python's own loops; the weights are written down by hand."""

import math

import torch


def step_jacobian(W_hh, h_t):
    H = len(h_t)
    J = torch.zeros_like(W_hh)
    for i in range(H):
        for j in range(H):
            J[i, j] = (1 - h_t[i] * h_t[i]) * W_hh[i, j]
    return J


def lag_jacobian(W_hh, states, lag):
    columns = []
    for j in range(len(W_hh)):  # push each direction of the early state through the steps
        v = torch.zeros_like(states[0])
        v[j] = 1
        for t in range(len(states) - lag, len(states)):
            v = (1 - states[t] ** 2) * (W_hh @ v)
        columns.append(v)
    return torch.stack(columns, 1)


def gradient_norms(W_hh, states, last_gradient):
    T, B, _ = states.shape
    norms = states.new_empty(T, B)
    for b in range(B):
        g = last_gradient[b]
        for lag in range(T):
            norms[lag, b] = math.sqrt(sum(number * number for number in g.tolist()))
            g = W_hh.T @ ((1 - states[T - 1 - lag, b] ** 2) * g)
    return norms


def clip_gradients(gradients, max_norm):
    norm = math.sqrt(sum(number * number for g in gradients for number in g.flatten().tolist()))
    if norm <= max_norm:
        return [g.clone() for g in gradients], norm
    return [g * max_norm / (norm + 1e-6) for g in gradients], norm


def initial_W_hh(kind, A, gain=1.0):
    H = len(A)
    W = torch.zeros_like(A)
    if kind == "identity":
        for i in range(H):
            W[i, i] = gain
        return W
    columns = []
    for j in range(H):  # Gram-Schmidt, twice for the sake of rounding
        v = A[:, j].double()
        for _ in range(2):
            for q in columns:
                v = v - (q @ v) * q
        columns.append(v / v.norm())
    return (gain * torch.stack(columns, 1)).to(A.dtype)


def learn_adding():
    # Unit 0 lets through the number of a marked step, unit 1 adds up what unit 0 let through.
    return {
        "W_ih": torch.tensor([[1.0, 1.0], [0.0, 0.0]]),
        "W_hh": torch.tensor([[0.0, 0.0], [1.0, 1.0]]),
        "b_ih": torch.tensor([-1.0, 0.0]),
        "b_hh": torch.zeros(2),
        "W_out": torch.ones(1, 2),
        "b_out": torch.zeros(1),
        "nonlinearity": "relu",
    }
