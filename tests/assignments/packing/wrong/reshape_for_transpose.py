"""The rows are stacked as (B, T, I) and only asked for another shape, so sequences are mixed."""

import torch

LOSES = {"pad_visible": 1, "pad_hidden": 2}


def pad(sequences, padding_value=0.0):
    T, B, I = max(map(len, sequences)), len(sequences), sequences[0].shape[1]
    rows = sequences[0].new_full((B, T, I), padding_value)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = sequence
    return torch.reshape(rows, (T, B, I))
