"""The layer is returned, and not its weights."""

import torch

LOSES = {"learn_text_visible": 1, "learn_text_hidden": 5}


def learn_text(codes, C):
    return torch.nn.LSTM(32, 64)
