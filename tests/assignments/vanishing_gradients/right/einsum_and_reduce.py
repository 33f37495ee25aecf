"""Einsum, reduce and multi_dot in place of the obvious call."""

from functools import reduce

import torch


def step_jacobian(W_hh, h_t):
    return torch.einsum("i,ij->ij", 1 - h_t.square(), W_hh)


def lag_jacobian(W_hh, states, lag):
    steps = torch.einsum("ti,ij->tij", 1 - states.square(), W_hh)[len(states) - lag :]
    identity = torch.diag(torch.ones_like(W_hh[0]))
    return reduce(torch.matmul, steps.flip(0), identity)


def gradient_norms(W_hh, states, last_gradient):
    g, norms = last_gradient, []
    for slopes in (1 - states.square()).flip(0):
        norms.append(torch.einsum("bh,bh->b", g, g).sqrt())
        g = torch.einsum("bi,bi,ij->bj", g, slopes, W_hh)
    return torch.stack(norms)


def growth(W_hh, lag):
    eigenvalues, _ = torch.linalg.eig(W_hh)
    radius = max(abs(number) for number in eigenvalues.tolist())
    largest = torch.linalg.eigvalsh(W_hh @ W_hh.T).max().clamp(min=0).sqrt()
    return radius, radius**lag, largest.item() ** lag


def clip_gradients(gradients, max_norm):
    norm = sum(torch.einsum("i,i->", g.flatten(), g.flatten()) for g in gradients).sqrt()
    factor = (max_norm / (norm + 1e-6)).clamp(max=1)
    return tuple(factor * g for g in gradients), norm


def truncated_gradient(W_ih, W_hh, b, x, y, k):
    weights = W_hh.detach().clone().requires_grad_()
    h = torch.zeros_like(y[0])
    for piece, target in zip(x.split(k), y.split(k), strict=True):
        loss = 0
        for x_t, y_t in zip(piece, target, strict=True):
            into = torch.einsum("bi,hi->bh", x_t, W_ih) + torch.einsum("bj,hj->bh", h, weights)
            h = (into + b).tanh()
            loss = loss + 0.5 * torch.nn.functional.mse_loss(h, y_t, reduction="sum")
        loss.backward()  # adds to weights.grad
        h = h.detach()
    return weights.grad


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
