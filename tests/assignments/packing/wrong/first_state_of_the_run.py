"""The first state that the run makes is taken: it has read the last step only."""

import torch

LOSES = {"backward_first_states_visible": 1, "backward_first_states_hidden": 3}


def backward_first_states(x, lengths, W_ih, W_hh, b):
    last = x[torch.tensor(lengths) - 1, torch.arange(len(lengths))]
    return torch.tanh(x[-1] @ W_ih.T + b), torch.tanh(last @ W_ih.T + b)
