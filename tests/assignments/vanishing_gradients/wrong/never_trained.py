"""The weights are those that PyTorch starts from."""

import torch

LOSES = {"learn_adding_visible": 1, "learn_adding_hidden": 5}


def learn_adding():
    torch.manual_seed(0)
    rnn, linear = torch.nn.RNN(2, 32), torch.nn.Linear(32, 1)
    names = ("W_ih", "W_hh", "b_ih", "b_hh", "W_out", "b_out")
    weights = dict(zip(names, [*rnn.parameters(), *linear.parameters()], strict=True))
    return weights | {"nonlinearity": "tanh"}
