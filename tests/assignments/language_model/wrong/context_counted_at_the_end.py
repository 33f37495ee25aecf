"""The context at the end of the text counts, though nothing follows it."""

import torch

LOSES = {"trigram_table_visible": 1, "trigram_table_hidden": 3}


def trigram_table(codes, C, alpha):
    p = torch.full((C,), 1 / C, dtype=torch.float64)
    for n in (1, 2, 3):
        grams = sum(codes[k : len(codes) - n + 1 + k] * C ** (n - 1 - k) for k in range(n))
        counts = torch.bincount(grams, minlength=C**n).view([C] * n)
        context = sum(codes[k : len(codes) - n + 2 + k] * C ** (n - 2 - k) for k in range(n - 1))
        followed = (
            torch.bincount(context, minlength=C ** (n - 1)).view([C] * (n - 1))
            if n > 1
            else len(codes)
        )
        total = followed[..., None] if n > 1 else followed
        p = (counts + alpha * p) / (total + alpha)
    return p
