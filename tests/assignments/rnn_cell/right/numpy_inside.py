"""NumPy does the work."""

import numpy as np
import torch


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    x_t, h_before, W_ih, W_hh, b_ih, b_hh = (
        tensor.numpy() for tensor in (x_t, h_before, W_ih, W_hh, b_ih, b_hh)
    )
    return torch.from_numpy(np.tanh(x_t @ W_ih.T + b_ih + h_before @ W_hh.T + b_hh))


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    x, h, W_ih, W_hh, b_ih, b_hh = (t.numpy() for t in (x, h_0, W_ih, W_hh, b_ih, b_hh))
    output = np.empty((*x.shape[:2], len(b_ih)), dtype=x.dtype)
    for t, x_t in enumerate(x):
        h = output[t] = np.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
    return torch.from_numpy(output), torch.from_numpy(h)


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    x, h, W_ih, W_hh, b_ih, b_hh = (t.numpy() for t in (x, h_0, W_ih, W_hh, b_ih, b_hh))
    output = []
    for x_t, new in zip(x, starts.numpy(), strict=True):
        h = np.where(new[:, None], np.zeros_like(h), h)
        h = np.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        output.append(h)
    return torch.from_numpy(np.stack(output)), torch.from_numpy(h)


def run_both_ways(x, h_0, forward, backward):
    steps, halves, ends = x.numpy(), [], []
    for order, h, weights in ((1, h_0[0].numpy(), forward), (-1, h_0[1].numpy(), backward)):
        W_ih, W_hh, b_ih, b_hh = (weight.numpy() for weight in weights)
        states = []
        for x_t in steps[::order]:
            h = np.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
            states.append(h)
        halves.append(np.stack(states[::order]))
        ends.append(h)
    return torch.from_numpy(np.concatenate(halves, -1)), torch.from_numpy(np.stack(ends))


def weight_shapes(input_size, hidden_size, num_layers=1, bidirectional=False):
    rows = {"weight_ih": input_size, "weight_hh": hidden_size, "bias_ih": 0, "bias_hh": 0}
    shapes = {}
    for layer, reverse in np.ndindex(num_layers, 1 + bidirectional):
        for name, columns in rows.items():
            weight = np.empty((hidden_size, columns) if columns else hidden_size)
            shapes[f"{name}_l{layer}" + "_reverse" * reverse] = weight.shape
        if reverse == bidirectional:
            rows["weight_ih"] = hidden_size * (1 + bidirectional)
    return shapes
