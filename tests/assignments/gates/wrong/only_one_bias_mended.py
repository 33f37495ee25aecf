"""The rows of b_ih are right now, those of b_hh are still shared."""

import torch

LOSES = {"mended_lstm_visible": 1, "mended_lstm_hidden": 2}


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    H = W_hh.shape[1]
    h = c = x.new_zeros(x.shape[1], H)
    output = []
    for x_t in x:
        sums = x_t @ W_ih.T + h @ W_hh.T + b_ih + b_hh[:H].repeat(4)
        i, f, g, o = sums.chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)
