"""The batch axis comes first, in the batch and in the mask."""

import torch

LOSES = {
    "pad_visible": 1,
    "pad_hidden": 2,
    "mask_and_batch_sizes_visible": 1,
    "mask_and_batch_sizes_hidden": 1,
}


def pad(sequences, padding_value=0.0):
    T, B, I = max(map(len, sequences)), len(sequences), sequences[0].shape[1]
    padded = sequences[0].new_full((B, T, I), padding_value)
    for b, sequence in enumerate(sequences):
        padded[b, : len(sequence)] = sequence
    return padded


def mask_and_batch_sizes(lengths, T):
    mask = torch.arange(T) < torch.tensor(lengths)[:, None]
    return mask, mask.sum(0)[: max(lengths)]
