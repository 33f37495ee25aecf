"""The input of all steps is projected before the loop, and einsum does the products."""

import torch


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    from_x = torch.einsum("tbi,hi->tbh", x, W_ih) + b_ih + b_hh  # (T, B, 4H)
    states = [(h_0, c_0)]
    for a in from_x:
        h, c = states[-1]
        gates = (a + torch.einsum("bj,hj->bh", h, W_hh)).unflatten(1, (4, -1))
        i, f, o = gates[:, [0, 1, 3]].sigmoid().unbind(1)
        c = torch.addcmul(f * c, i, gates[:, 2].tanh())
        states.append((o * c.tanh(), c))
    return [torch.stack([h for h, _ in states[1:]]), *states[-1]]


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    from_x = torch.einsum("tbi,hi->tbh", x, W_ih) + b_ih + b_hh
    h = c = torch.zeros_like(from_x[0].chunk(4, 1)[0])
    output = []
    for a in from_x:
        i, f, g, o = (a + torch.einsum("bj,hj->bh", h, W_hh)).tensor_split(4, 1)
        c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
        h = o.sigmoid().mul(c.tanh())
        output.append(h)
    return torch.stack(output)


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    from_x = torch.einsum("tbi,hi->tbh", x, W_ih) + b_ih
    h, output = torch.zeros_like(from_x[0].chunk(3, 1)[0]), []
    for a in from_x.unflatten(2, (3, -1)):  # (B, 3, H)
        from_h = (torch.einsum("bj,hj->bh", h, W_hh) + b_hh).unflatten(1, (3, -1))
        r, z = (a + from_h)[:, :2].sigmoid().unbind(1)
        n = (a[:, 2] + r * from_h[:, 2]).tanh()
        h = n - z * n + z * h
        output.append(h)
    return torch.stack(output)


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    from_x = torch.einsum("tbi,hi->tbh", x, W_ih) + b_ih + b_hh
    output = [from_x[0].tanh()]
    for a in from_x[1:]:
        output.append(torch.tanh(a + torch.einsum("bj,hj->bh", output[-1], W_hh)))
    return torch.stack(output)
