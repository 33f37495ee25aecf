"""Every dtype is turned into float32."""

import torch

LOSES = {
    "lstm_step_hidden": 2,
    "run_lstm_hidden": 3,
    "gru_step_hidden": 3,
    "mended_lstm_hidden": 2,
    "mended_gru_hidden": 2,
    "mended_rnn_hidden": 2,
    "set_forget_bias_hidden": 2,
}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    x_t, h, c, W_ih, W_hh, b_ih, b_hh = (
        tensor.float() for tensor in (x_t, h, c, W_ih, W_hh, b_ih, b_hh)
    )
    i, f, g, o = (x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    x, h, c, W_ih, W_hh, b_ih, b_hh = (
        tensor.float() for tensor in (x, h_0, c_0, W_ih, W_hh, b_ih, b_hh)
    )
    output = []
    for x_t in x:
        i, f, g, o = (x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output), h, c


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    x_t, h, W_ih, W_hh, b_ih, b_hh = (tensor.float() for tensor in (x_t, h, W_ih, W_hh, b_ih, b_hh))
    x_r, x_z, x_n = (x_t @ W_ih.T + b_ih).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ W_hh.T + b_hh).chunk(3, dim=1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    return (1 - z) * (x_n + r * h_n).tanh() + z * h


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    x, W_ih, W_hh, b_ih, b_hh = (tensor.float() for tensor in (x, W_ih, W_hh, b_ih, b_hh))
    h = c = torch.zeros(x.shape[1], W_hh.shape[1])
    output = []
    for x_t in x:
        i, f, g, o = (x_t @ W_ih.T + h @ W_hh.T + b_ih + b_hh).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        output.append(h)
    return torch.stack(output)


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    x, W_ih, W_hh, b_ih, b_hh = (tensor.float() for tensor in (x, W_ih, W_hh, b_ih, b_hh))
    h, output = torch.zeros(x.shape[1], W_hh.shape[1]), []
    for x_t in x:
        x_r, x_z, x_n = (x_t @ W_ih.T + b_ih).chunk(3, dim=1)
        h_r, h_z, h_n = (h @ W_hh.T + b_hh).chunk(3, dim=1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        h = (1 - z) * (x_n + r * h_n).tanh() + z * h
        output.append(h)
    return torch.stack(output)


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    x, W_ih, W_hh, b_ih, b_hh = (tensor.float() for tensor in (x, W_ih, W_hh, b_ih, b_hh))
    h, output = torch.zeros(x.shape[1], len(W_hh)), []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output.append(h)
    return torch.stack(output)


def set_forget_bias(b_ih, b_hh, share, lag):
    b_ih, b_hh, H = b_ih.float(), b_hh.float().clone(), len(b_ih) // 4
    forget = torch.full((H,), share ** (1 / lag)).logit()
    b_hh[H : 2 * H] = 0
    return torch.cat([b_ih[:H], forget, b_ih[2 * H :]]), b_hh
