"""Written for one sequence, and mapped over the batch."""

import torch


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    def step(x, h, c):  # (I,), (H,), (H,)
        i, f, g, o = (W_ih @ x + W_hh @ h + b_ih + b_hh).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    return torch.vmap(step)(x_t, h, c)


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    def run(x, h, c):  # (T, I), (H,), (H,)
        output = []
        for x_t in x:
            i, f, g, o = (W_ih @ x_t + W_hh @ h + b_ih + b_hh).chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            output.append(h)
        return torch.stack(output), h, c

    return torch.vmap(run, in_dims=(1, 0, 0), out_dims=(1, 0, 0))(x, h_0, c_0)


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    def step(x, h):
        x_r, x_z, x_n = (W_ih @ x + b_ih).chunk(3)
        h_r, h_z, h_n = (W_hh @ h + b_hh).chunk(3)
        z = (x_z + h_z).sigmoid()
        return (1 - z) * (x_n + (x_r + h_r).sigmoid() * h_n).tanh() + z * h

    return torch.vmap(step)(x_t, h)


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    def run(x):  # (T, I)
        h, output = torch.zeros_like(b_ih), []
        for x_t in x:
            h = torch.tanh(W_ih @ x_t + W_hh @ h + b_ih + b_hh)
            output.append(h)
        return torch.stack(output)

    return torch.vmap(run, in_dims=1, out_dims=1)(x)
