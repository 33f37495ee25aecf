"""Every number by itself, in Python's own loops."""

import math

import torch


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    B, H = h.shape
    new_h, new_c = torch.empty_like(h), torch.empty_like(c)
    for b in range(B):
        for unit in range(H):
            rows = [gate * H + unit for gate in range(4)]
            i, f, g, o = (
                float(sum(W_ih[row] * x_t[b]) + sum(W_hh[row] * h[b]) + b_ih[row] + b_hh[row])
                for row in rows
            )
            i, f, o = (1 / (1 + math.exp(-a)) for a in (i, f, o))
            new_c[b, unit] = f * c[b, unit] + i * math.tanh(g)
            new_h[b, unit] = o * math.tanh(new_c[b, unit])
    return new_h, new_c


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    B, H = h.shape
    new = torch.empty_like(h)
    for b in range(B):
        for unit in range(H):
            parts = []
            for gate in range(3):
                row = gate * H + unit
                from_x = float(sum(W_ih[row] * x_t[b]) + b_ih[row])
                parts.append((from_x, float(sum(W_hh[row] * h[b]) + b_hh[row])))
            r, z = (1 / (1 + math.exp(-sum(part))) for part in parts[:2])
            n = math.tanh(parts[2][0] + r * parts[2][1])
            new[b, unit] = n + z * (float(h[b, unit]) - n)
    return new


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    count = 0
    for layer in range(num_layers):
        for _ in range(2 if bidirectional else 1):
            read = I if layer == 0 else H * (2 if bidirectional else 1)
            shapes = [(H, read), (H, H), (H, 1), (H, 1)]
            count += {"RNN": 1, "GRU": 3, "LSTM": 4}[kind] * sum(a * b for a, b in shapes)
    return count


def set_forget_bias(b_ih, b_hh, share, lag):
    H = len(b_ih) // 4
    f = math.exp(math.log(share) / lag)
    wanted = math.log(f) - math.log1p(-f)
    first, second = b_ih.tolist(), b_hh.tolist()
    for row in range(H, 2 * H):
        first[row] = second[row] = wanted / 2
    return torch.tensor(first, dtype=b_ih.dtype), torch.tensor(second, dtype=b_hh.dtype)


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    T, B, _ = x.shape
    H = len(b_ih)
    output = x.new_zeros(T, B, H)
    for t in range(T):
        for b in range(B):
            for unit in range(H):
                a = x[t, b] @ W_ih[unit] + b_ih[unit] + b_hh[unit]
                if t > 0:
                    a = a + output[t - 1, b] @ W_hh[unit]
                output[t, b, unit] = torch.tanh(a)
    return output
