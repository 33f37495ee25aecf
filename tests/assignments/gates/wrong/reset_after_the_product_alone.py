"""The reset gate acts on the product, but not on its bias."""

import torch

LOSES = {"mended_gru_visible": 1, "mended_gru_hidden": 2}


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    H = W_hh.shape[1]
    h = x.new_zeros(x.shape[1], H)
    output = []
    for x_t in x:
        x_r, x_z, x_n = (x_t @ W_ih.T + b_ih).chunk(3, dim=1)
        h_r, h_z, h_n = (h @ W_hh.T + b_hh).chunk(3, dim=1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        b_n = b_hh[2 * H :]
        h = (1 - z) * (x_n + r * (h_n - b_n) + b_n).tanh() + z * h
        output.append(h)
    return torch.stack(output)
