"""The axis of the batch is dropped, and only the first row is looked at."""

import math

import torch

LOSES = {
    "cut_streams_visible": 1,
    "cut_streams_hidden": 3,
    "bits_per_character_hidden": 2,
    "tempered_top_k_hidden": 3,
    "draw_visible": 1,
    "draw_hidden": 1,
    "train_streams_hidden": 3,
    "learn_text_visible": 1,
    "learn_text_hidden": 5,
}


def cut_streams(codes, B, T):
    return [
        (x[:, None], y[:, None])
        for x, y in zip(codes[:-1].split(T), codes[1:].split(T), strict=True)
    ]


def bits_per_character(scores, y):
    log_p = scores[:, 0].log_softmax(-1)
    return -log_p[torch.arange(len(y)), y[:, 0]].mean() / math.log(2)


def tempered_top_k(scores, temperature, k):
    best = (scores[0] / temperature).topk(k)
    p = torch.zeros_like(scores)
    p[0, best.indices] = best.values.softmax(0)
    return p


def draw(p, u):
    borders = p[0].cumsum(0)
    return (borders <= torch.minimum(u[0], borders[-1] - 1e-7)).sum()[None]


def train_streams(weights, batches, lr):
    batches = [(x[:, :1], y[:, :1]) for x, y in batches]
    weights = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    h, losses = weights["b"].new_zeros(batches[0][0].shape[1], len(weights["b"])), []
    for x, y in batches:
        h, scores = h.detach(), []
        for x_t in x:
            h = torch.tanh(weights["W_ih"].T[x_t] + h @ weights["W_hh"].T + weights["b"])
            scores.append(h @ weights["W_out"].T + weights["b_out"])
        nats = torch.nn.functional.cross_entropy(torch.cat(scores), y.flatten())
        loss = nats / math.log(2)
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, list(weights.values()))
        with torch.no_grad():
            for weight, gradient in zip(weights.values(), gradients, strict=True):
                weight -= lr * gradient
    return losses, weights


def learn_text(codes, C):
    return torch.zeros(C)
