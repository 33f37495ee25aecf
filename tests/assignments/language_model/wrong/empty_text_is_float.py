"""Without a dtype, an empty list becomes a float tensor."""

import torch

LOSES = {"encode_visible": 1}


def encode(text, training_text):
    vocabulary = ["�", *sorted(set(training_text))]
    return vocabulary, torch.tensor([vocabulary.index(c) if c in vocabulary else 0 for c in text])
