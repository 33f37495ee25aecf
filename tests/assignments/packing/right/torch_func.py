"""torch.func computes the gradient, and one run serves every sequence."""

import torch


def masked_mse(prediction, target, lengths):
    mask = torch.arange(len(prediction))[:, None] < torch.tensor(lengths)

    def loss(prediction):
        return torch.nn.functional.mse_loss(prediction[mask], target[mask])

    gradient, value = torch.func.grad_and_value(loss)(prediction)
    return value, gradient


def backward_first_states(x, lengths, W_ih, W_hh, b):
    def run(steps, length):  # (T, I), () to (H)
        h = torch.zeros_like(b)
        for t in range(len(steps) - 1, -1, -1):
            h = torch.where(t < length, torch.tanh(W_ih @ steps[t] + W_hh @ h + b), h)
        return h

    everything = torch.full((len(lengths),), len(x))
    runs = torch.vmap(run, in_dims=(1, 0))
    return runs(x, everything), runs(x, torch.tensor(lengths))
