"""The two biases are added up, and one key is missing."""

import torch

LOSES = {"learn_adding_visible": 1, "learn_adding_hidden": 5}


def learn_adding():
    return {
        "W_ih": torch.tensor([[1.0, 1.0], [0.0, 0.0]]),
        "W_hh": torch.tensor([[0.0, 0.0], [1.0, 1.0]]),
        "b": torch.tensor([-1.0, 0.0]),
        "W_out": torch.ones(1, 2),
        "b_out": torch.zeros(1),
        "nonlinearity": "relu",
    }
