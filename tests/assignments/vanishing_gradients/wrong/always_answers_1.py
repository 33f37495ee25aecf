"""Nothing is learned but the mean."""

import torch

LOSES = {"learn_adding_visible": 1, "learn_adding_hidden": 5}


def learn_adding():
    return {
        "W_ih": torch.zeros(3, 2),
        "W_hh": torch.eye(3),
        "b_ih": torch.zeros(3),
        "b_hh": torch.zeros(3),
        "W_out": torch.zeros(1, 3),
        "b_out": torch.ones(1),
        "nonlinearity": "relu",
    }
