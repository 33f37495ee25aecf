"""str.find says -1 for what it does not find."""

import torch

LOSES = {"encode_visible": 1, "encode_hidden": 1}


def encode(text, training_text):
    known = "�" + "".join(sorted(set(training_text)))
    return list(known), torch.tensor([known.find(c) for c in text], dtype=torch.int64)
