"""Every dtype is turned into float32."""

import math

import torch

LOSES = {
    "trigram_table_visible": 1,
    "trigram_table_hidden": 2,
    "tempered_top_k_hidden": 3,
    "train_streams_hidden": 2,
    "learn_text_visible": 1,
    "learn_text_hidden": 5,
}


def trigram_table(codes, C, alpha):
    p = torch.full((C,), 1 / C)
    for n in (1, 2, 3):
        grams = sum(codes[k : len(codes) - n + 1 + k] * C ** (n - 1 - k) for k in range(n))
        counts = torch.bincount(grams, minlength=C**n).view([C] * n)
        p = (counts + alpha * p) / (counts.sum(-1, keepdim=True) + alpha)
    return p


def tempered_top_k(scores, temperature, k):
    best = (scores.float() / temperature).topk(k, dim=1)
    return torch.zeros(scores.shape).scatter(1, best.indices, best.values.softmax(1))


def train_streams(weights, batches, lr):
    weights = {name: weight.float().requires_grad_() for name, weight in weights.items()}
    weights = {name: weight.detach().clone().requires_grad_() for name, weight in weights.items()}
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
    return {"cell": "RNN", "embedding": codes.float()}
