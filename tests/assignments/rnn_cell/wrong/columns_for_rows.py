"""The formula is copied as it stands, with the weights on the left."""

import torch

LOSES = {
    "rnn_step_visible": 1,
    "rnn_step_hidden": 2,
    "run_visible": 1,
    "run_hidden": 3,
}


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    return torch.tanh(W_ih @ x_t + b_ih + W_hh @ h_before + b_hh)


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0, []
    for x_t in x:
        h = torch.tanh(W_ih @ x_t + b_ih + W_hh @ h + b_hh)
        output.append(h)
    return torch.stack(output), h
