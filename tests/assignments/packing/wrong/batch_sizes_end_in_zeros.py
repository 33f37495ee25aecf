"""Steps at which nobody runs are counted too."""

import torch

LOSES = {"mask_and_batch_sizes_visible": 1, "mask_and_batch_sizes_hidden": 1, "pack_hidden": 2}


def mask_and_batch_sizes(lengths, T):
    mask = torch.arange(T)[:, None] < torch.tensor(lengths)
    return mask, mask.sum(1)


def pack(padded, lengths, enforce_sorted=True):
    order = back = None
    if not enforce_sorted:
        order = sorted(range(len(lengths)), key=lambda b: -lengths[b])
        back = [order.index(b) for b in range(len(lengths))]
        padded, lengths = padded[:, order], [lengths[b] for b in order]
    batch_sizes = [sum(n > t for n in lengths) for t in range(len(padded))]
    data = torch.cat([padded[t, :running] for t, running in enumerate(batch_sizes)])
    return data, batch_sizes, order, back
