"""What the others had is lost."""

import torch

LOSES = {"tempered_top_k_visible": 1, "tempered_top_k_hidden": 2}


def tempered_top_k(scores, temperature, k):
    p = (scores / temperature).softmax(1)
    best = p.topk(k, dim=1)
    return torch.zeros_like(p).scatter(1, best.indices, best.values)
