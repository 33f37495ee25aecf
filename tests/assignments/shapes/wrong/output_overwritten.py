"""The answer is right, and written into the tensor of the caller."""

import torch

LOSES = {"last_valid_hidden": 2}


def last_valid(output, lengths):
    H = output.shape[2] // 2
    output[0, :, :H] = torch.stack([output[n - 1, b, :H] for b, n in enumerate(lengths)])
    return output[0, :, :H], output[0, :, H:]
