"""A pair falls back on single counts; the context of one is left out."""

import torch

LOSES = {"trigram_table_visible": 1, "trigram_table_hidden": 2}


def trigram_table(codes, C, alpha):
    single = (torch.bincount(codes, minlength=C).double() + alpha / C) / (len(codes) + alpha)
    grams = (codes[:-2] * C + codes[1:-1]) * C + codes[2:]
    counts = torch.bincount(grams, minlength=C**3).view(C, C, C).double()
    return (counts + alpha * single) / (counts.sum(2, keepdim=True) + alpha)
