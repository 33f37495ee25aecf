"""Weights are cut into gates first; every gate has its own product."""

import torch


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]

    def gate(k):
        rows = slice(k * H, (k + 1) * H)
        from_x = torch.nn.functional.linear(x_t, W_ih[rows], b_ih[rows])
        return from_x + torch.nn.functional.linear(h, W_hh[rows], b_hh[rows])

    c = torch.sigmoid(gate(1)) * c + torch.sigmoid(gate(0)) * torch.tanh(gate(2))
    return torch.sigmoid(gate(3)) * torch.tanh(c), c


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    W_ir, W_iz, W_in = W_ih.split(h.shape[1])
    W_hr, W_hz, W_hn = W_hh.split(h.shape[1])
    b_ir, b_iz, b_in = b_ih.split(h.shape[1])
    b_hr, b_hz, b_hn = b_hh.split(h.shape[1])
    r = torch.sigmoid(x_t @ W_ir.T + b_ir + h @ W_hr.T + b_hr)
    z = torch.sigmoid(x_t @ W_iz.T + b_iz + h @ W_hz.T + b_hz)
    n = torch.tanh(x_t @ W_in.T + b_in + r * (h @ W_hn.T + b_hn))
    return torch.lerp(n, h, z)


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    H = W_hh.shape[1]
    b = b_ih + b_hh
    h = c = x.new_zeros(x.shape[1], H)
    output = []
    for x_t in x:
        i, f, g, o = (
            x_t @ W_ih[k * H : (k + 1) * H].T
            + h @ W_hh[k * H : (k + 1) * H].T
            + b[k * H : (k + 1) * H]
            for k in range(4)
        )
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    H = W_hh.shape[1]
    h = x.new_zeros(x.shape[1], H)
    output = []
    for x_t in x:
        x_r, x_z, x_n = (x_t @ W_ih.T + b_ih).chunk(3, dim=1)
        h_r, h_z = (h @ W_hh[: 2 * H].T + b_hh[: 2 * H]).chunk(2, dim=1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        h_n = h @ W_hh[2 * H :].T + b_hh[2 * H :]
        h = (1 - z) * (x_n + r * h_n).tanh() + z * h
        output.append(h)
    return torch.stack(output)


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    before = torch.zeros(x.shape[1], len(W_hh), dtype=x.dtype)
    output = []
    for x_t in x:
        before = torch.tanh(x_t @ W_ih.T + b_ih + before @ W_hh.T + b_hh)
        output.append(before)
    return torch.stack(output)
