"""The keys are those of state_dict."""

import torch

LOSES = {"learn_adding_visible": 1, "learn_adding_hidden": 5}


def learn_adding():
    rnn, linear = torch.nn.RNN(2, 4, nonlinearity="relu"), torch.nn.Linear(4, 1)
    return {**rnn.state_dict(), **linear.state_dict(), "nonlinearity": "relu"}
