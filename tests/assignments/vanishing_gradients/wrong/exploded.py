"""The training has exploded, and every weight is NaN."""

import torch

LOSES = {"learn_adding_visible": 1, "learn_adding_hidden": 5}


def learn_adding():
    return {
        "W_ih": torch.full((2, 2), torch.nan),
        "W_hh": torch.full((2, 2), torch.nan),
        "b_ih": torch.full((2,), torch.nan),
        "b_hh": torch.full((2,), torch.nan),
        "W_out": torch.full((1, 2), torch.nan),
        "b_out": torch.full((1,), torch.nan),
        "nonlinearity": "relu",
    }
