"""The unknown character stands last."""

import torch

LOSES = {"encode_visible": 1, "encode_hidden": 2}


def encode(text, training_text):
    vocabulary = [*sorted(set(training_text)), "�"]
    codes = [vocabulary.index(c) if c in vocabulary else len(vocabulary) - 1 for c in text]
    return vocabulary, torch.tensor(codes, dtype=torch.int64)
