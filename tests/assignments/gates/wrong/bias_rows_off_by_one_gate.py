"""Each gate gets the bias of the next one."""

import torch

LOSES = {"mended_lstm_visible": 1, "mended_lstm_hidden": 2}


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    H = W_hh.shape[1]
    h = c = x.new_zeros(x.shape[1], H)
    output = []
    for x_t in x:
        b = (b_ih + b_hh).roll(-H)
        i, f, g, o = (x_t @ W_ih.T + h @ W_hh.T + b).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)
