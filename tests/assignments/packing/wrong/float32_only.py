"""Every dtype is turned into float32."""

import torch

LOSES = {"pad_visible": 1, "pad_hidden": 1, "pack_hidden": 3, "last_valid_hidden": 2}


def pad(sequences, padding_value=0.0):
    T, B, I = max(map(len, sequences)), len(sequences), sequences[0].shape[1]
    padded = torch.full((T, B, I), padding_value)
    for b, sequence in enumerate(sequences):
        padded[: len(sequence), b] = sequence
    return padded


def pack(padded, lengths, enforce_sorted=True):
    order = back = None
    if not enforce_sorted:
        order = torch.argsort(torch.tensor(lengths), descending=True).tolist()
        back = torch.argsort(torch.tensor(order)).tolist()
        padded, lengths = padded[:, order], [lengths[b] for b in order]
    data = torch.zeros(sum(lengths), padded.shape[2])
    batch_sizes, start = [], 0
    for t in range(max(lengths)):
        running = sum(n > t for n in lengths)
        data[start : start + running] = padded[t, :running]
        batch_sizes.append(running)
        start += running
    return data, batch_sizes, order, back


def last_valid(output, lengths, batch_first=False):
    B, H = len(lengths), output.shape[2]
    last = torch.zeros(B, H)
    for b, n in enumerate(lengths):
        last[b] = output[b, n - 1] if batch_first else output[n - 1, b]
    return last
