"""torch.func differentiates."""

import torch


def step_jacobian(W_hh, h_t):
    return torch.func.jacfwd(lambda h: (1 - h_t**2) * (W_hh @ h))(h_t)


def lag_jacobian(W_hh, states, lag):
    def run(h):  # the steps, each made straight at its state
        for h_t in states[len(states) - lag :]:
            h = (1 - h_t**2) * (W_hh @ h)
        return h

    return torch.func.jacrev(run)(states[-1])


def gradient_norms(W_hh, states, last_gradient):
    def norms_of(states, g):  # (T, H), (H,)
        norms = [g.norm()]
        for h_t in states[1:].flip(0):
            (g,) = torch.func.vjp(lambda h, h_t=h_t: (1 - h_t**2) * (W_hh @ h), h_t)[1](g)
            norms.append(g.norm())
        return torch.stack(norms)

    return torch.vmap(norms_of, in_dims=(1, 0), out_dims=1)(states, last_gradient)


def truncated_gradient(W_ih, W_hh, b, x, y, k):
    def loss(W_hh):
        h, total = torch.zeros_like(y[0]), 0
        for t in range(len(x)):
            h = h if t % k else h.detach()
            h = torch.tanh(torch.nn.functional.linear(h, W_hh, b) + x[t] @ W_ih.T)
            total = total + ((h - y[t]) ** 2).sum() / 2
        return total

    return torch.func.grad(loss)(W_hh)


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
