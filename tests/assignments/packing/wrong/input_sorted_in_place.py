"""The caller's batch and the caller's list of lengths are sorted in place."""

import torch

LOSES = {"pack_visible": 1, "pack_hidden": 1}


def pack(padded, lengths, enforce_sorted=True):
    order = back = None
    if not enforce_sorted:
        order = sorted(range(len(lengths)), key=lambda b: -lengths[b])
        back = [order.index(b) for b in range(len(lengths))]
        padded[:] = padded[:, order]
        lengths.sort(reverse=True)
    batch_sizes = [sum(n > t for n in lengths) for t in range(max(lengths))]
    data = torch.cat([padded[t, :running] for t, running in enumerate(batch_sizes)])
    return data, batch_sizes, order, back
