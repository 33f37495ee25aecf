"""torch.nn.utils.rnn does the work: all results are right, and none is the learner's."""

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

LOSES = {
    "pad_visible": 1,
    "pad_hidden": 2,
    "mask_and_batch_sizes_visible": 1,
    "mask_and_batch_sizes_hidden": 2,
    "pack_visible": 1,
    "pack_hidden": 5,
    "unpack_visible": 1,
    "unpack_hidden": 4,
}


def pad(sequences, padding_value=0.0):
    return pad_sequence(sequences, padding_value=padding_value)


def mask_and_batch_sizes(lengths, T):
    real = torch.nn.utils.rnn.pad_sequence([torch.ones(n) for n in lengths]).bool()
    mask = torch.zeros(T, len(lengths), dtype=torch.bool)
    mask[: len(real)] = real
    return mask, real.sum(1)


def pack(padded, lengths, enforce_sorted=True):
    return tuple(pack_padded_sequence(padded, lengths, enforce_sorted=enforce_sorted))


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    back = None if unsorted_indices is None else torch.tensor(unsorted_indices)
    packed = torch.nn.utils.rnn.PackedSequence(
        data, torch.tensor(batch_sizes), None if back is None else back.argsort(), back
    )
    return pad_packed_sequence(packed, padding_value=padding_value)
