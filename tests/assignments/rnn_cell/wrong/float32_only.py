"""Every dtype is turned into float32."""

import torch

LOSES = {
    "rnn_step_visible": 1,
    "rnn_step_hidden": 1,
    "run_visible": 1,
    "run_hidden": 3,
    "run_stream_hidden": 3,
    "run_layers_visible": 1,
    "run_layers_hidden": 4,
    "run_both_ways_visible": 1,
    "run_both_ways_hidden": 4,
}


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    x_t, h, W_ih, W_hh = (tensor.float() for tensor in (x_t, h_before, W_ih, W_hh))
    return torch.tanh(x_t @ W_ih.T + h @ W_hh.T + (b_ih + b_hh).float())


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    x, h, W_ih, W_hh = (tensor.float() for tensor in (x, h_0, W_ih, W_hh))
    output = torch.zeros(*x.shape[:2], len(b_ih))
    for t, x_t in enumerate(x):
        h = torch.tanh(x_t @ W_ih.T + h @ W_hh.T + (b_ih + b_hh).float())
        output[t] = h
    return output, h


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    output = torch.zeros(*x.shape[:2], len(b_ih))
    h = h_0
    for t, x_t in enumerate(x):
        h = h * ~starts[t][:, None]
        h = torch.tanh(x_t @ W_ih.T + h @ W_hh.T + b_ih + b_hh)
        output[t] = h
    return output, h


def run_layers(x, h_0, layers):
    h_n = torch.zeros(h_0.shape)
    for level, weights in enumerate(layers):
        W_ih, W_hh, b_ih, b_hh = (weight.float() for weight in weights)
        h, output = h_0[level].float(), []
        for x_t in x.float():
            h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
            output.append(h)
        x, h_n[level] = torch.stack(output), h
    return x, h_n


def run_both_ways(x, h_0, forward, backward):
    T, B, H = len(x), x.shape[1], h_0.shape[2]
    output, h_n = torch.zeros(T, B, 2 * H), torch.zeros(2, B, H)
    for t in range(T):
        W_ih, W_hh, b_ih, b_hh = forward
        h = output[t - 1, :, :H].to(x) if t else h_0[0]
        output[t, :, :H] = h_n[0] = torch.tanh(x[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
    for t in reversed(range(T)):
        W_ih, W_hh, b_ih, b_hh = backward
        h = output[t + 1, :, H:].to(x) if t + 1 < T else h_0[1]
        output[t, :, H:] = h_n[1] = torch.tanh(x[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
    return output, h_n
