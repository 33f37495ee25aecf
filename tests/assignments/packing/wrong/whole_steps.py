"""Indexing with the steps alone picks all sequences of each of these steps."""

import torch

LOSES = {"last_valid_visible": 1, "last_valid_hidden": 2}


def last_valid(output, lengths, batch_first=False):
    if batch_first:
        output = output.transpose(0, 1)
    return output[torch.tensor(lengths) - 1]
