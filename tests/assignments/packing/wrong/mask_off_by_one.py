"""A sequence is believed to have a step at its length as well."""

import torch

LOSES = {"mask_and_batch_sizes_visible": 1, "mask_and_batch_sizes_hidden": 2}


def mask_and_batch_sizes(lengths, T):
    mask = torch.arange(T)[:, None] <= torch.tensor(lengths)
    return mask, mask.sum(1)[: max(lengths)]
