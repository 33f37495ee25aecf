"""The shares are taken along the wrong axis."""

import torch

LOSES = {"trigram_table_visible": 1, "trigram_table_hidden": 3}


def trigram_table(codes, C, alpha):
    p = torch.full((C,), 1 / C, dtype=torch.float64)
    for n in (1, 2, 3):
        grams = sum(codes[k : len(codes) - n + 1 + k] * C ** (n - 1 - k) for k in range(n))
        counts = torch.bincount(grams, minlength=C**n).view([C] * n)
        p = (counts + alpha * p) / (counts.sum(0, keepdim=True) + alpha)
    return p
