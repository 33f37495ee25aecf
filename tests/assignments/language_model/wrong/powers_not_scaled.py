"""The powers of the probabilities do not sum to 1."""

import torch

LOSES = {"tempered_top_k_visible": 1, "tempered_top_k_hidden": 2}


def tempered_top_k(scores, temperature, k):
    best = scores.topk(k, dim=1)
    powers = best.values.softmax(1) ** (1 / temperature)
    return torch.zeros_like(scores).scatter(1, best.indices, powers)
