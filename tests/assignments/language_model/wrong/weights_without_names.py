"""The weights come as a list."""

import torch

LOSES = {"learn_text_visible": 1, "learn_text_hidden": 5}


def learn_text(codes, C):
    torch.manual_seed(0)
    embedding, layer, linear = torch.nn.Embedding(C, 8), torch.nn.GRU(8, 16), torch.nn.Linear(16, C)
    parameters = [*embedding.parameters(), *layer.parameters(), *linear.parameters()]
    return parameters
