"""The scores are multiplied by the temperature."""

import torch

LOSES = {"tempered_top_k_visible": 1, "tempered_top_k_hidden": 2}


def tempered_top_k(scores, temperature, k):
    best = (scores * temperature).topk(k, dim=1)
    return torch.zeros_like(scores).scatter(1, best.indices, best.values.softmax(1))
