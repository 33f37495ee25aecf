"""Of equally long sequences the last comes first, and all indices are tensors."""

import torch


def pack(padded, lengths, enforce_sorted=True):
    order = torch.arange(len(lengths))
    if not enforce_sorted:
        pairs = sorted(((n, b) for b, n in enumerate(lengths)), reverse=True)
        order = torch.tensor([b for _, b in pairs])
    lengths = torch.tensor(lengths)[order]
    batch_sizes = (lengths > torch.arange(int(lengths[0]))[:, None]).sum(1)
    data = torch.cat([padded[t, order[:n]] for t, n in enumerate(batch_sizes)])
    if enforce_sorted:
        return data, batch_sizes, None, None
    return data, batch_sizes, order, torch.argsort(order)


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    back = range(batch_sizes[0]) if unsorted_indices is None else unsorted_indices
    starts = torch.tensor([0, *batch_sizes]).cumsum(0)  # the row at which each step begins
    lengths = [sum(b < running for running in batch_sizes) for b in back]
    padded = torch.full((len(batch_sizes), len(lengths), data.shape[1]), padding_value).to(data)
    for i, (b, n) in enumerate(zip(back, lengths, strict=True)):
        padded[:n, i] = data[starts[:n] + b]
    return padded, lengths
