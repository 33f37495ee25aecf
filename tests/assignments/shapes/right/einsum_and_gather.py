"""Einsum, gather, movedim and reshape in place of the obvious call."""

import torch


def to_batch_first(x):
    return torch.einsum("tbi->bti", x)


def add_batch_axis(x, batch_first=False):
    return x.reshape(1, *x.shape) if batch_first else x.reshape(len(x), 1, -1)


def remove_batch_axis(y, batch_first=False):
    return y.movedim(0 if batch_first else 1, 0)[0]


def last_valid(output, lengths):
    _, B, both = output.shape
    forward, backward = output.split(both // 2, dim=2)
    at = (torch.as_tensor(lengths) - 1).view(1, B, 1).expand(1, B, both // 2)
    return forward.gather(0, at).squeeze(0), backward.select(0, 0)
