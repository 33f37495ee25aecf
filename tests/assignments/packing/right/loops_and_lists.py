"""Loops over numbers, and lists turned into tensors at the end."""

import torch


def pad(sequences, padding_value=0.0):
    T = max(len(sequence) for sequence in sequences)
    filler = [padding_value] * sequences[0].shape[1]
    columns = [sequence.tolist() + [filler] * (T - len(sequence)) for sequence in sequences]
    rows = [[column[t] for column in columns] for t in range(T)]
    return torch.tensor(rows, dtype=sequences[0].dtype)


def mask_and_batch_sizes(lengths, T):
    mask, sizes = [], ()
    for t in range(T):
        mask.append([t < n for n in lengths])
        if any(mask[-1]):
            sizes += (sum(mask[-1]),)
    return torch.tensor(mask), sizes


def pack(padded, lengths, enforce_sorted=True):
    order = list(range(len(lengths)))
    if not enforce_sorted:
        order.sort(key=lambda b: lengths[b], reverse=True)
    rows, sizes = [], []
    for t in range(max(lengths)):
        running = [b for b in order if t < lengths[b]]
        rows += [padded[t, b] for b in running]
        sizes.append(len(running))
    if enforce_sorted:
        return [torch.stack(rows), sizes, None, None]
    back = [0] * len(order)
    for new, old in enumerate(order):
        back[old] = new
    return [torch.stack(rows), sizes, order, back]


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    sequences, start = [[] for _ in range(batch_sizes[0])], 0
    for running in batch_sizes:
        for b in range(running):
            sequences[b].append(data[start + b])
        start += running
    if unsorted_indices is not None:
        sequences = [sequences[b] for b in unsorted_indices]
    filler = torch.full_like(data[0], padding_value)
    lengths = [len(sequence) for sequence in sequences]
    columns = [torch.stack(s + [filler] * (len(batch_sizes) - len(s))) for s in sequences]
    return torch.stack(columns, dim=1), lengths


def last_valid(output, lengths, batch_first=False):
    last = []
    for b, n in enumerate(lengths):
        last.append(output[b, n - 1] if batch_first else output[n - 1, b])
    return torch.stack(last)


def masked_mse(prediction, target, lengths):
    total, N = 0.0, sum(lengths)
    gradient = torch.zeros(prediction.shape, dtype=prediction.dtype)
    for b, n in enumerate(lengths):
        for t in range(n):
            error = (prediction[t, b] - target[t, b]).item()
            total += error * error
            gradient[t, b] = 2 * error / N
    return total / N, gradient


def work_saved(lengths, batch_size):
    real = places = at = 0
    while at < len(lengths):
        longest = 0
        for n in lengths[at : at + batch_size]:
            longest = n if n > longest else longest
            real += n
        places += longest * min(batch_size, len(lengths) - at)
        at += batch_size
    return (places - real) / places
