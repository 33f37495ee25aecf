"""The list of lengths is turned into one of steps, and the caller's lengths are gone."""

import torch

LOSES = {"last_valid_hidden": 2}


def last_valid(output, lengths):
    H = output.shape[2] // 2
    for b in range(len(lengths)):
        lengths[b] -= 1
    return output[torch.tensor(lengths), torch.arange(len(lengths)), :H], output[0, :, H:]
