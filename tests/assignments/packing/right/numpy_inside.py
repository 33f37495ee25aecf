"""NumPy does the work."""

import numpy as np
import torch


def pad(sequences, padding_value=0.0):
    T = max(len(sequence) for sequence in sequences)
    columns = [
        np.pad(s.numpy(), [(0, T - len(s)), (0, 0)], constant_values=padding_value)
        for s in sequences
    ]
    return torch.from_numpy(np.stack(columns, axis=1))


def mask_and_batch_sizes(lengths, T):
    mask = np.less.outer(np.arange(T), lengths)
    return torch.from_numpy(mask), np.count_nonzero(mask, axis=1)[: max(lengths)]


def pack(padded, lengths, enforce_sorted=True):
    order = back = None
    values, lengths = padded.numpy(), np.array(lengths)
    if not enforce_sorted:
        order = np.argsort(-lengths, kind="stable")
        back = np.argsort(order)
        values, lengths = values[:, order], lengths[order]
    mask = np.arange(len(values))[:, None] < lengths
    return torch.from_numpy(values[mask]), mask.sum(1)[: lengths[0]], order, back


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    sizes = np.array(batch_sizes)
    mask = np.arange(sizes[0]) < sizes[:, None]
    padded = np.full((*mask.shape, data.shape[1]), padding_value, dtype=data.numpy().dtype)
    padded[mask] = data.numpy()
    lengths = mask.sum(0)
    if unsorted_indices is not None:
        padded, lengths = np.take(padded, unsorted_indices, axis=1), lengths[unsorted_indices]
    return torch.from_numpy(padded), lengths


def last_valid(output, lengths, batch_first=False):
    values = output.numpy() if batch_first else output.numpy().swapaxes(0, 1)
    at = np.array(lengths)[:, None, None] - 1
    return torch.from_numpy(np.take_along_axis(values, at, axis=1)[:, 0])


def masked_mse(prediction, target, lengths):
    mask = np.arange(len(prediction))[:, None] < np.array(lengths)
    error = np.where(mask, (prediction - target).numpy(), 0)
    gradient = (2 * error / mask.sum()).astype(error.dtype)
    return float((error**2).sum() / mask.sum()), torch.from_numpy(gradient)


def backward_first_states(x, lengths, W_ih, W_hh, b):
    x, W_ih, W_hh, b = (tensor.numpy() for tensor in (x, W_ih, W_hh, b))
    ends = [[len(x)] * len(lengths), lengths]
    states = np.zeros((2, len(lengths), len(b)), dtype=x.dtype)
    for at, i in np.ndindex(2, len(lengths)):
        for t in range(ends[at][i] - 1, -1, -1):
            states[at, i] = np.tanh(W_ih @ x[t, i] + W_hh @ states[at, i] + b)
    return torch.from_numpy(states[0]), torch.from_numpy(states[1])


def work_saved(lengths, batch_size):
    batches = np.split(np.array(lengths), range(batch_size, len(lengths), batch_size))
    return 1 - np.sum(lengths) / np.sum([batch.size * batch.max() for batch in batches])
