"""The axis of the batch is dropped, and only the first sequence is looked at."""

import torch

LOSES = {
    "lstm_step_visible": 1,
    "lstm_step_hidden": 2,
    "run_lstm_visible": 1,
    "run_lstm_hidden": 3,
    "gru_step_hidden": 3,
    "mended_rnn_hidden": 2,
}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = (W_ih @ x_t[0] + b_ih + W_hh @ h[0] + b_hh).chunk(4)
    c = f.sigmoid() * c[0] + i.sigmoid() * g.tanh()
    return (o.sigmoid() * c.tanh())[None], c[None]


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    h, c, output = h_0[0], c_0[0], []
    for x_t in x[:, 0]:
        i, f, g, o = (W_ih @ x_t + b_ih + W_hh @ h + b_hh).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)[:, None], h[None], c[None]


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    x_r, x_z, x_n = (W_ih @ x_t[0] + b_ih).chunk(3)
    h_r, h_z, h_n = (W_hh @ h[0] + b_hh).chunk(3)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    return ((1 - z) * (x_n + r * h_n).tanh() + z * h[0])[None]


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    h, output = torch.zeros_like(b_ih), []
    for x_t in x[:, 0]:
        h = torch.tanh(W_ih @ x_t + b_ih + W_hh @ h + b_hh)
        output.append(h)
    return torch.stack(output)[:, None]
