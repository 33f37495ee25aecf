"""Einsum, gather, scatter and matrices of ones and zeros in place of indexing."""

import torch


def pad(sequences, padding_value=0.0):
    T, I = max(map(len, sequences)), sequences[0].shape[1]
    filler = [s.new_full((T - len(s), I), padding_value) for s in sequences]
    columns = [torch.vstack(pair) for pair in zip(sequences, filler, strict=True)]
    return torch.einsum("bti->tbi", torch.stack(columns))


def mask_and_batch_sizes(lengths, T):
    mask = torch.ones(T, T, dtype=torch.bool).triu()[:, torch.tensor(lengths) - 1]
    ones = torch.ones(len(lengths), dtype=torch.int64)
    return mask, torch.einsum("tb,b->t", mask.long(), ones)[: max(lengths)].tolist()


def pack(padded, lengths, enforce_sorted=True):
    T, B, I = padded.shape
    order = back = None
    if not enforce_sorted:
        order = torch.argsort(torch.tensor(lengths), descending=True, stable=True)
        back = torch.empty_like(order).scatter_(0, order, torch.arange(B))
        padded = padded.gather(1, order.view(1, B, 1).expand(T, B, I))
        lengths = torch.tensor(lengths)[order].tolist()
    batch_sizes = torch.bincount(torch.cat([torch.arange(n) for n in lengths]))
    flat = [t * B + b for t, n in enumerate(batch_sizes.tolist()) for b in range(n)]
    return padded.reshape(T * B, I)[flat], batch_sizes, order, back


def last_valid(output, lengths, batch_first=False):
    one_hot = torch.nn.functional.one_hot(torch.tensor(lengths) - 1, output.shape[batch_first])
    axes = "bth" if batch_first else "tbh"
    return torch.einsum(f"{axes},bt->bh", output, one_hot.to(output.dtype))


def backward_first_states(x, lengths, W_ih, W_hh, b):
    driven = torch.einsum("tbi,hi->tbh", x, W_ih) + b
    states = torch.zeros(2, *driven.shape[1:], dtype=x.dtype)
    ends = torch.tensor([[len(x)] * len(lengths), lengths])
    for t in range(len(x) - 1, -1, -1):
        stepped = torch.tanh(driven[t] + torch.einsum("kbh,gh->kbg", states, W_hh))
        states = torch.where((t < ends)[:, :, None], stepped, states)
    return states[0], states[1]
