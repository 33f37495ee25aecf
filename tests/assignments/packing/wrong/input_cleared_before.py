"""A step whose input is 0 is believed to leave the state as it is."""

import torch

LOSES = {"backward_first_states_visible": 1, "backward_first_states_hidden": 2}


def backward_first_states(x, lengths, W_ih, W_hh, b):
    def run(x):
        h = torch.zeros(x.shape[1], len(b), dtype=x.dtype)
        for x_t in x.flip(0):
            h = torch.tanh(x_t @ W_ih.T + h @ W_hh.T + b)
        return h

    mask = torch.arange(len(x))[:, None] < torch.tensor(lengths)
    return run(x), run(torch.where(mask[:, :, None], x, 0.0))
