"""The vocabulary is in the order in which the characters come up."""

import torch

LOSES = {"encode_visible": 1, "encode_hidden": 2}


def encode(text, training_text):
    vocabulary = ["�", *dict.fromkeys(training_text)]
    codes = [vocabulary.index(c) if c in vocabulary else 0 for c in text]
    return vocabulary, torch.tensor(codes, dtype=torch.int64)
