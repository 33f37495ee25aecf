"""NumPy does the work."""

import numpy as np
import torch


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    x_t, h, c, W_ih, W_hh, b_ih, b_hh = (
        tensor.numpy() for tensor in (x_t, h, c, W_ih, W_hh, b_ih, b_hh)
    )
    i, f, g, o = np.split(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh, 4, axis=1)
    c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
    return torch.from_numpy(np.tanh(c) / (1 + np.exp(-o))), torch.from_numpy(c)


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    x, h, c, W_ih, W_hh, b_ih, b_hh = (
        tensor.numpy() for tensor in (x, h_0, c_0, W_ih, W_hh, b_ih, b_hh)
    )
    output = np.empty((len(x), *h.shape), x.dtype)
    for t, x_t in enumerate(x):
        i, f, g, o = np.split(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh, 4, axis=1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        output[t] = h = np.tanh(c) / (1 + np.exp(-o))
    return torch.from_numpy(output), torch.from_numpy(h), torch.from_numpy(c)


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    x_t, h, W_ih, W_hh, b_ih, b_hh = (tensor.numpy() for tensor in (x_t, h, W_ih, W_hh, b_ih, b_hh))
    x_r, x_z, x_n = np.split(x_t @ W_ih.T + b_ih, 3, axis=1)
    h_r, h_z, h_n = np.split(h @ W_hh.T + b_hh, 3, axis=1)
    r, z = 1 / (1 + np.exp(-x_r - h_r)), 1 / (1 + np.exp(-x_z - h_z))
    return torch.from_numpy((1 - z) * np.tanh(x_n + r * h_n) + z * h)


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    D = np.int64(1 + bidirectional)
    read = np.full(num_layers, D * H)
    read[0] = I
    return (["RNN", "", "GRU", "LSTM"].index(kind) + 1) * H * D * (read + H + 2).sum()


def set_forget_bias(b_ih, b_hh, share, lag):
    f = np.power(share, 1 / lag)
    old, new = b_hh.numpy().reshape(4, -1), b_ih.numpy().reshape(4, -1).copy()
    new[1] = -np.log(1 / f - 1) - old[1]  # the old b_hh stays, b_ih takes the rest
    return torch.from_numpy(new.reshape(-1)), b_hh.clone()
