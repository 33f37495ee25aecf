"""All that tie for the last place are kept."""

import torch

LOSES = {"tempered_top_k_visible": 1, "tempered_top_k_hidden": 1}


def tempered_top_k(scores, temperature, k):
    border = scores.topk(k, dim=1).values[:, -1:]
    return (scores / temperature).masked_fill(scores < border, -torch.inf).softmax(1)
