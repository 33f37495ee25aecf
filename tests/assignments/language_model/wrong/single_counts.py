"""It has learned how frequent each character is, and never reads."""

import torch

LOSES = {"learn_text_visible": 1, "learn_text_hidden": 5}


def learn_text(codes, C):
    counts = torch.bincount(codes, minlength=C) + 0.1
    return {
        "cell": "RNN",
        "embedding": torch.zeros(C, 1),
        "W_ih": torch.zeros(1, 1),
        "W_hh": torch.zeros(1, 1),
        "b_ih": torch.zeros(1),
        "b_hh": torch.zeros(1),
        "W_out": torch.zeros(C, 1),
        "b_out": (counts / counts.sum()).log(),
    }
