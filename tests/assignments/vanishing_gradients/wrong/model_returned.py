"""The model is returned, and not its weights."""

import torch

LOSES = {"learn_adding_visible": 1, "learn_adding_hidden": 5}


def learn_adding():
    return torch.nn.RNN(2, 32, nonlinearity="relu")
