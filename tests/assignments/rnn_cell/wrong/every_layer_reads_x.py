"""The layers stand side by side: each reads x, as long as it fits."""

import torch

LOSES = {"run_layers_visible": 1, "run_layers_hidden": 3}


def run_layers(x, h_0, layers):
    h_n = []
    for number, (W_ih, W_hh, b_ih, b_hh) in enumerate(layers):
        h, output = h_0[number], []
        for x_t in x:
            h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
            output.append(h)
        h_n.append(h)
    return torch.stack(output), torch.stack(h_n)
