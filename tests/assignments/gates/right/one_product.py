"""Input, state and a 1 for the bias stand side by side: one product makes all sums."""

import torch


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    W = torch.cat([W_ih, W_hh, (b_ih + b_hh)[:, None]], dim=1)  # (4H, I + H + 1)
    rows = torch.cat([x_t, h, torch.ones_like(x_t[:, :1])], dim=1)
    i, f, g, o = (rows @ W.mT).unflatten(1, (4, -1)).unbind(1)
    keep = torch.nn.functional.glu(torch.cat([c, f], 1)) + torch.nn.functional.glu(
        torch.cat([g.tanh(), i], 1)
    )
    return torch.nn.functional.glu(torch.cat([keep.tanh(), o], 1)), keep


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    one, H = torch.ones_like(x_t[:, :1]), h.shape[1]
    from_x = torch.cat([x_t, one], 1) @ torch.cat([W_ih, b_ih[:, None]], 1).mT
    from_h = torch.cat([h, one], 1) @ torch.cat([W_hh, b_hh[:, None]], 1).mT
    gates = (from_x + from_h)[:, : 2 * H].sigmoid()
    n = (from_x[:, 2 * H :] + gates[:, :H] * from_h[:, 2 * H :]).tanh()
    return n + gates[:, H:] * (h - n)


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    D, sums = 1 + bidirectional, {"RNN": 1, "GRU": 3, "LSTM": 4}[kind]
    first = D * sums * H * (I + H + 2)
    return first + (num_layers - 1) * D * sums * H * ((D + 1) * H + 2)


def set_forget_bias(b_ih, b_hh, share, lag):
    forget = torch.arange(len(b_ih)) * 4 // len(b_ih) == 1
    f = torch.tensor(share, dtype=torch.float64) ** (1 / lag)
    return torch.where(forget, f.logit().to(b_ih), b_ih), torch.where(forget, 0, b_hh)
