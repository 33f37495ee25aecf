"""The sizes of the examples are written into the answers."""

import torch

LOSES = {
    "run_visible": 1,
    "run_hidden": 3,
    "run_layers_visible": 1,
    "run_layers_hidden": 4,
    "run_both_ways_visible": 1,
    "run_both_ways_hidden": 4,
}


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0, torch.zeros(3, 1, 1)
    for t in range(3):
        h = torch.tanh(x[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output[t] = h
    return output, h


def run_layers(x, h_0, layers):
    (W_0, V_0, a_0, b_0), (W_1, V_1, a_1, b_1) = layers
    h, g = h_0
    output = []
    for t in range(2):
        h = torch.tanh(x[t] @ W_0.T + a_0 + h @ V_0.T + b_0)
        g = torch.tanh(h @ W_1.T + a_1 + g @ V_1.T + b_1)
        output.append(g)
    return torch.stack(output), torch.stack([h, g])


def run_both_ways(x, h_0, forward, backward):
    output, (h, g) = torch.zeros(3, 1, 2), h_0
    for t in range(3):
        W_ih, W_hh, b_ih, b_hh = forward
        h = torch.tanh(x[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output[t, :, 0] = h[:, 0]
        W_ih, W_hh, b_ih, b_hh = backward
        g = torch.tanh(x[2 - t] @ W_ih.T + b_ih + g @ W_hh.T + b_hh)
        output[2 - t, :, 1] = g[:, 0]
    return output, torch.stack([h, g])
