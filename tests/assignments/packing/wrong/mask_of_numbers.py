"""The mask holds 1.0 and 0.0, which cannot pick entries of a tensor."""

import torch

LOSES = {"mask_and_batch_sizes_visible": 1, "mask_and_batch_sizes_hidden": 1}


def mask_and_batch_sizes(lengths, T):
    mask = torch.zeros(T, len(lengths))
    for b, n in enumerate(lengths):
        mask[:n, b] = 1
    return mask, mask.sum(1)[: max(lengths)].long()
