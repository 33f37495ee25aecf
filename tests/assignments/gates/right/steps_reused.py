"""The mended functions call the steps of earlier tasks; all arithmetic is in float64."""

import torch


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    given = (x_t, h, c, W_ih, W_hh, b_ih, b_hh)
    x_t, h, c, W_ih, W_hh, b_ih, b_hh = (tensor.double() for tensor in given)
    i, f, g, o = torch.addmm(
        b_ih + b_hh, torch.cat([x_t, h], 1), torch.cat([W_ih, W_hh], 1).T
    ).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return (o.sigmoid() * c.tanh()).to(given[0].dtype), c.to(given[0].dtype)


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    if len(x) == 0:
        return x.new_zeros(0, *h_0.shape), h_0, c_0
    h, c = lstm_step(x[0], h_0, c_0, W_ih, W_hh, b_ih, b_hh)
    rest, h_n, c_n = run_lstm(x[1:], h, c, W_ih, W_hh, b_ih, b_hh)
    return torch.cat([h[None], rest]), h_n, c_n


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    dtype = h.dtype
    x_t, h, W_ih, W_hh, b_ih, b_hh = (t.double() for t in (x_t, h, W_ih, W_hh, b_ih, b_hh))
    x_r, x_z, x_n = (x_t @ W_ih.T + b_ih).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ W_hh.T + b_hh).chunk(3, dim=1)
    shut = (-x_z - h_z).sigmoid()  # 1 - z
    return (shut * ((x_r + h_r).sigmoid() * h_n + x_n).tanh() + (1 - shut) * h).to(dtype)


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    zero = torch.zeros(x.shape[1], W_hh.shape[1], dtype=x.dtype)
    return run_lstm(x, zero, zero, W_ih, W_hh, b_ih, b_hh)[0]


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    output = torch.zeros(len(x) + 1, x.shape[1], W_hh.shape[1], dtype=x.dtype)
    for t, x_t in enumerate(x):
        output[t + 1] = gru_step(x_t, output[t], W_ih, W_hh, b_ih, b_hh)
    return output[1:]
