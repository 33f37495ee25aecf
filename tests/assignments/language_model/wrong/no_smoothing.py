"""Plain shares: what was never seen has the probability 0, or none at all."""

import torch

LOSES = {"trigram_table_visible": 1, "trigram_table_hidden": 2}


def trigram_table(codes, C, alpha):
    grams = (codes[:-2] * C + codes[1:-1]) * C + codes[2:]
    counts = torch.bincount(grams, minlength=C**3).view(C, C, C).double()
    return counts / counts.sum(2, keepdim=True)
