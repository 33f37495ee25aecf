"""One mask does all the work: it picks, and it places."""

import torch


def pad(sequences, padding_value=0.0):
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    mask = torch.arange(int(lengths.max())) < lengths[:, None]  # (B, T)
    padded = sequences[0].new_full((*mask.shape, sequences[0].shape[1]), padding_value)
    padded[mask] = torch.cat(sequences)
    return padded.transpose(0, 1)


def mask_and_batch_sizes(lengths, T):
    mask = torch.ones(T, len(lengths)).cumsum(0).le(torch.tensor(lengths))
    sizes = mask.sum(1)
    return mask, sizes[sizes > 0]


def pack(padded, lengths, enforce_sorted=True):
    lengths, order, back = torch.tensor(lengths), None, None
    if not enforce_sorted:
        lengths, order = lengths.sort(descending=True)
        back = order.argsort()
        padded = padded.index_select(1, order)
    mask = torch.arange(len(padded))[:, None] < lengths
    return padded[mask], mask.sum(1)[: int(lengths[0])], order, back


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    mask = torch.arange(batch_sizes[0]) < torch.tensor(batch_sizes)[:, None]  # (T, B)
    padded = torch.full((*mask.shape, data.shape[1]), padding_value, dtype=data.dtype)
    padded[mask] = data
    lengths = mask.sum(0)
    if unsorted_indices is not None:
        padded, lengths = padded[:, unsorted_indices], lengths[unsorted_indices]
    return padded, lengths


def last_valid(output, lengths, batch_first=False):
    rows = output if batch_first else output.transpose(0, 1)  # (B, T, H)
    return rows[torch.arange(rows.shape[1]) == torch.tensor(lengths)[:, None] - 1]


def masked_mse(prediction, target, lengths):
    mask = torch.arange(len(prediction))[:, None] < torch.tensor(lengths)
    error = (prediction - target).masked_fill(~mask, 0.0)
    return error.square().sum() / mask.sum(), 2 * error / mask.sum()


def backward_first_states(x, lengths, W_ih, W_hh, b):
    mask = torch.arange(len(x))[:, None] < torch.tensor(lengths)
    unpacked = packed = x.new_zeros(len(lengths), len(b))
    for x_t, running in zip(x.flip(0), mask.flip(0), strict=True):
        unpacked = torch.tanh(x_t @ W_ih.T + unpacked @ W_hh.T + b)
        stepped = torch.tanh(x_t @ W_ih.T + packed @ W_hh.T + b)
        packed = torch.where(running[:, None], stepped, packed)
    return unpacked, packed


def work_saved(lengths, batch_size):
    batches = torch.tensor(lengths, dtype=torch.float64).split(batch_size)
    places = sum(len(batch) * batch.max() for batch in batches)
    return 1 - sum(batch.sum() for batch in batches) / places
