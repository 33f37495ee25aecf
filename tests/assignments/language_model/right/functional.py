"""torch.func differentiates, and one-hot products do the looking up."""

import math

import torch


def trigram_table(codes, C, alpha):
    rows = torch.nn.functional.one_hot(codes, C).double()  # (N, C)
    p = (rows.sum(0) + alpha / C) / (len(codes) + alpha)
    pairs = torch.einsum("na,nb->ab", rows[:-1], rows[1:])
    p = (pairs + alpha * p) / (pairs.sum(1)[:, None] + alpha)
    triples = torch.einsum("na,nb,nc->abc", rows[:-2], rows[1:-1], rows[2:])
    return (triples + alpha * p) / (triples.sum(2)[:, :, None] + alpha)


def bits_per_character(scores, y):
    right = torch.einsum(
        "tbc,tbc->tb", scores, torch.nn.functional.one_hot(y, scores.shape[2]).to(scores)
    )
    return ((scores.logsumexp(2) - right) / math.log(2)).mean()


def draw(p, u):
    alive = p > 0
    last = p.shape[1] - 1 - alive.flip(1).int().argmax(1)
    return torch.minimum(torch.searchsorted(p.cumsum(1), u[:, None], right=True)[:, 0], last)


def train_streams(weights, batches, lr):
    def run(weights, h, x, y):
        total = 0
        for x_t, y_t in zip(x, y, strict=True):
            into = weights["W_ih"][:, x_t] + weights["W_hh"] @ h + weights["b"][:, None]  # (H, B)
            h = torch.tanh(into)
            log_p = (weights["W_out"] @ h + weights["b_out"][:, None]).log_softmax(0)
            total = total - log_p.gather(0, y_t[None]).sum()
        return total / (math.log(2) * y.numel()), h

    h, losses = torch.zeros_like(weights["W_ih"][:, batches[0][0][0]]), []
    for x, y in batches:
        gradients, (loss, h) = torch.func.grad_and_value(run, has_aux=True)(weights, h, x, y)
        losses.append(loss)
        weights = {name: weight - lr * gradients[name] for name, weight in weights.items()}
    return losses, weights
