"""enforce_sorted is not looked at."""

import torch

LOSES = {"pack_visible": 1, "pack_hidden": 1}


def pack(padded, lengths, enforce_sorted=True):
    order = sorted(range(len(lengths)), key=lambda b: -lengths[b])
    back = [order.index(b) for b in range(len(lengths))]
    padded, lengths = padded[:, order], [lengths[b] for b in order]
    batch_sizes = [sum(n > t for n in lengths) for t in range(max(lengths))]
    data = torch.cat([padded[t, :running] for t, running in enumerate(batch_sizes)])
    return data, batch_sizes, order, back
