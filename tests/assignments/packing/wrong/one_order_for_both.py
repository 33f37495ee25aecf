"""unsorted_indices is believed to be sorted_indices once more."""

import torch

LOSES = {"pack_visible": 1, "pack_hidden": 1}


def pack(padded, lengths, enforce_sorted=True):
    order = None
    if not enforce_sorted:
        order = sorted(range(len(lengths)), key=lambda b: -lengths[b])
        padded, lengths = padded[:, order], [lengths[b] for b in order]
    batch_sizes = [sum(n > t for n in lengths) for t in range(max(lengths))]
    data = torch.cat([padded[t, :running] for t, running in enumerate(batch_sizes)])
    return data, batch_sizes, order, order
