"""Gate k takes the biases k, k + 4, k + 8 and so on."""

import torch

LOSES = {"mended_lstm_hidden": 2}


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    H = W_hh.shape[1]
    h = c = x.new_zeros(x.shape[1], H)
    output = []
    for x_t in x:
        b = (b_ih + b_hh).view(H, 4).T.flatten()
        i, f, g, o = (x_t @ W_ih.T + h @ W_hh.T + b).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)
