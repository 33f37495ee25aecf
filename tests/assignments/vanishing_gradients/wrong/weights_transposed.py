"""The weights come transposed."""

import torch

LOSES = {"learn_adding_visible": 1, "learn_adding_hidden": 5}


def learn_adding():
    return {
        "W_ih": torch.tensor([[1.0, 1.0], [0.0, 0.0]]).T,
        "W_hh": torch.tensor([[0.0, 0.0], [1.0, 1.0]]).T,
        "b_ih": torch.tensor([-1.0, 0.0]),
        "b_hh": torch.zeros(2),
        "W_out": torch.ones(1, 2),
        "b_out": torch.zeros(1),
        "nonlinearity": "relu",
    }
