"""The lengths, longest first, are taken for batch_sizes, and the other way round."""

import torch

LOSES = {
    "mask_and_batch_sizes_visible": 1,
    "mask_and_batch_sizes_hidden": 1,
    "unpack_visible": 1,
    "unpack_hidden": 1,
}


def mask_and_batch_sizes(lengths, T):
    return torch.arange(T)[:, None] < torch.tensor(lengths), sorted(lengths, reverse=True)


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    T, B = len(batch_sizes), batch_sizes[0]
    padded = data.new_full((T, B, data.shape[1]), padding_value)
    for t, rows in enumerate(data.split(batch_sizes)):
        padded[t, : len(rows)] = rows
    if unsorted_indices is not None:
        padded = padded[:, unsorted_indices]
    return padded, batch_sizes
