"""Every dtype is turned into float32."""

import torch

LOSES = {
    "step_jacobian_hidden": 1,
    "lag_jacobian_hidden": 3,
    "gradient_norms_hidden": 3,
    "clip_gradients_hidden": 2,
    "initial_W_hh_visible": 1,
    "initial_W_hh_hidden": 3,
    "truncated_gradient_hidden": 3,
}


def step_jacobian(W_hh, h_t):
    W_hh, h_t = W_hh.float(), h_t.float()
    return (1 - h_t**2)[:, None] * W_hh


def lag_jacobian(W_hh, states, lag):
    W_hh, product = W_hh.float(), torch.eye(len(W_hh))
    for h_t in states.float()[len(states) - lag :]:
        product = ((1 - h_t**2)[:, None] * W_hh) @ product
    return product


def gradient_norms(W_hh, states, last_gradient):
    g = last_gradient.float()
    norms = [g.norm(dim=1)]
    for h_t in states[1:].float().flip(0):
        g = ((1 - h_t**2) * g) @ W_hh.float()
        norms.append(g.norm(dim=1))
    return torch.stack(norms)


def clip_gradients(gradients, max_norm):
    gradients = [g.float() for g in gradients]
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    factor = max_norm / norm if norm > max_norm else 1.0
    return [factor * g for g in gradients], norm


def initial_W_hh(kind, A, gain=1.0):
    A = A.float()
    if kind == "identity":
        return gain * torch.eye(len(A))
    Q, R = torch.linalg.qr(A)
    return gain * Q * R.diagonal().sign()


def truncated_gradient(W_ih, W_hh, b, x, y, k):
    W_ih, W_hh, b, x, y = (tensor.float() for tensor in (W_ih, W_hh, b, x, y))
    W_hh = W_hh.requires_grad_()
    h, loss = torch.zeros(x.shape[1], len(b)), 0
    for t in range(len(x)):
        h = torch.tanh(x[t] @ W_ih.T + (h if t % k else h.detach()) @ W_hh.T + b)
        loss = loss + (h - y[t]).square().sum() / 2
    return torch.autograd.grad(loss, W_hh)[0]
