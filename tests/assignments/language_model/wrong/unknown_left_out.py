"""Characters that are not known are skipped."""

import torch

LOSES = {"encode_visible": 1, "encode_hidden": 1}


def encode(text, training_text):
    vocabulary = ["�", *sorted(set(training_text))]
    codes = [vocabulary.index(c) for c in text if c in vocabulary]
    return vocabulary, torch.tensor(codes, dtype=torch.int64)
