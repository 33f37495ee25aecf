"""The output shows the state that each step starts from."""

import torch

LOSES = {"run_lstm_visible": 1, "run_lstm_hidden": 1}


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    def step(x_t, h, c):
        i, f, g, o = (x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    h, c, output = h_0, c_0, []
    for x_t in x:
        output.append(h)
        h, c = step(x_t, h, c)
    return torch.stack(output), h, c
