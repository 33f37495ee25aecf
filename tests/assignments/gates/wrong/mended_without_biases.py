"""The bias is removed."""

import torch

LOSES = {"mended_lstm_visible": 1, "mended_lstm_hidden": 2}


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    h = c = x.new_zeros(x.shape[1], W_hh.shape[1])
    output = []
    for x_t in x:
        i, f, g, o = (x_t @ W_ih.T + h @ W_hh.T).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)
