"""The vocabulary lists the characters of the other text, too."""

import torch

LOSES = {"encode_visible": 1, "encode_hidden": 2}


def encode(text, training_text):
    vocabulary = ["�", *sorted(set(training_text + text))]
    return vocabulary, torch.tensor([vocabulary.index(c) for c in text], dtype=torch.int64)
