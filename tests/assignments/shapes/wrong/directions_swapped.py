"""The two halves of the last axis are taken for each other."""

import torch

LOSES = {"last_valid_visible": 1, "last_valid_hidden": 4}


def last_valid(output, lengths):
    B, H = output.shape[1], output.shape[2] // 2
    forward = output[torch.tensor(lengths) - 1, torch.arange(B), H:]
    return forward, output[0, :, :H]
