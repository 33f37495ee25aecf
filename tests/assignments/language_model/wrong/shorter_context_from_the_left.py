"""The context is shortened at its right end."""

import torch

LOSES = {"trigram_table_visible": 1, "trigram_table_hidden": 2}


def trigram_table(codes, C, alpha):
    p = torch.full((C,), 1 / C, dtype=torch.float64)
    for n in (1, 2, 3):
        grams = sum(codes[k : len(codes) - n + 1 + k] * C ** (n - 1 - k) for k in range(n))
        counts = torch.bincount(grams, minlength=C**n).view([C] * n)
        shorter = p if n < 3 else p[:, None]
        p = (counts + alpha * shorter) / (counts.sum(-1, keepdim=True) + alpha)
    return p
