"""The loss of a batch is taken when the weights have learned from it."""

import math

import torch

LOSES = {"train_streams_visible": 1, "train_streams_hidden": 2}


def train_streams(weights, batches, lr):
    weights = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    h, losses = weights["b"].new_zeros(batches[0][0].shape[1], len(weights["b"])), []
    for x, y in batches:
        start = h = h.detach()
        scores = []
        for x_t in x:
            h = torch.tanh(weights["W_ih"].T[x_t] + h @ weights["W_hh"].T + weights["b"])
            scores.append(h @ weights["W_out"].T + weights["b_out"])
        flat = torch.cat(scores)
        nats = torch.nn.functional.cross_entropy(flat, y.flatten())
        loss = nats / math.log(2)
        gradients = torch.autograd.grad(loss, list(weights.values()))
        with torch.no_grad():
            for weight, gradient in zip(weights.values(), gradients, strict=True):
                weight -= lr * gradient
            again, scores = start, []
            for x_t in x:
                again = torch.tanh(
                    weights["W_ih"].T[x_t] + again @ weights["W_hh"].T + weights["b"]
                )
                scores.append(again @ weights["W_out"].T + weights["b_out"])
            nats = torch.nn.functional.cross_entropy(torch.cat(scores), y.flatten())
            losses.append(nats.item() / math.log(2))
    return losses, weights
