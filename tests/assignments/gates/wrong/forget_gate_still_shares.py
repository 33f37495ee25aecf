"""All gates but one have biases of their own now."""

import torch

LOSES = {"mended_lstm_visible": 1, "mended_lstm_hidden": 1}


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    H = W_hh.shape[1]
    h = c = x.new_zeros(x.shape[1], H)
    output = []
    for x_t in x:
        i, _, g, o = (x_t @ W_ih.T + h @ W_hh.T + b_ih + b_hh).chunk(4, dim=1)
        f = x_t @ W_ih[H : 2 * H].T + h @ W_hh[H : 2 * H].T + b_ih[:H] + b_hh[:H]
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)
