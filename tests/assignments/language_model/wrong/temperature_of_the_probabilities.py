"""The probabilities are divided by the temperature."""

import torch

LOSES = {"tempered_top_k_visible": 1, "tempered_top_k_hidden": 2}


def tempered_top_k(scores, temperature, k):
    best = scores.topk(k, dim=1)
    p = torch.zeros_like(scores).scatter(1, best.indices, best.values.softmax(1))
    return p / temperature / (p / temperature).sum(1, keepdim=True)
