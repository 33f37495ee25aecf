"""The wrong gate was moved behind the product."""

import torch

LOSES = {"mended_gru_visible": 1, "mended_gru_hidden": 2}


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    h = x.new_zeros(x.shape[1], W_hh.shape[1])
    output = []
    for x_t in x:
        _, x_z, x_n = (x_t @ W_ih.T + b_ih).chunk(3, dim=1)
        _, h_z, h_n = (h @ W_hh.T + b_hh).chunk(3, dim=1)
        z = (x_z + h_z).sigmoid()
        h = (1 - z) * (x_n + z * h_n).tanh() + z * h
        output.append(h)
    return torch.stack(output)
