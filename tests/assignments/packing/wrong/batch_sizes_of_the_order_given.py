"""Sorting is forgotten: the rows are counted as if the lengths came longest first."""

import torch

LOSES = {"pack_visible": 1, "pack_hidden": 3}


def pack(padded, lengths, enforce_sorted=True):
    batch_sizes = [sum(n > t for n in lengths) for t in range(max(lengths))]
    data = torch.cat([padded[t, :running] for t, running in enumerate(batch_sizes)])
    indices = None if enforce_sorted else list(range(len(lengths)))
    return data, batch_sizes, indices, indices
