"""The step at the length is read, or the last one there is."""

import torch

LOSES = {"last_valid_visible": 1, "last_valid_hidden": 2}


def last_valid(output, lengths, batch_first=False):
    if batch_first:
        output = output.transpose(0, 1)
    at = torch.tensor(lengths).clamp(max=len(output) - 1)
    return output[at, torch.arange(len(lengths))]
