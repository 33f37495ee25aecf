"""It forgets a hundredth of its sum at each step: an error of about 0.055."""

import torch

LOSES = {"learn_adding_hidden": 3}


def learn_adding():
    # Unit 0 lets through the number of a marked step, unit 1 adds up what unit 0 let through.
    return {
        "W_ih": torch.tensor([[1.0, 1.0], [0.0, 0.0]]),
        "W_hh": torch.tensor([[0.0, 0.0], [1.0, 0.99]]),
        "b_ih": torch.tensor([-1.0, 0.0]),
        "b_hh": torch.zeros(2),
        "W_out": torch.ones(1, 2),
        "b_out": torch.zeros(1),
        "nonlinearity": "relu",
    }
