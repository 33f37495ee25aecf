"""The codes are those of Unicode."""

import torch

LOSES = {"encode_visible": 1, "encode_hidden": 1}


def encode(text, training_text):
    vocabulary = ["�", *sorted(set(training_text))]
    codes = [ord(c) if c in vocabulary else 0 for c in text]
    return vocabulary, torch.tensor(codes, dtype=torch.int64)
