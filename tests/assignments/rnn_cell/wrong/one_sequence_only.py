"""Written with one sequence in mind: the others are lost."""

import torch

LOSES = {
    "rnn_step_visible": 1,
    "rnn_step_hidden": 2,
    "run_visible": 1,
    "run_hidden": 3,
}


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    h = torch.tanh(W_ih @ x_t[0] + b_ih + W_hh @ h_before[0] + b_hh)
    return h[None]


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0[0], []
    for x_t in x[:, 0]:
        h = torch.tanh(W_ih @ x_t + b_ih + W_hh @ h + b_hh)
        output.append(h)
    return torch.stack(output)[:, None], h[None]
