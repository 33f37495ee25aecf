"""Time outside, layers inside, and negative indices for the way back."""

import torch


def run_layers(x, h_0, layers):
    h, output = list(h_0), []
    for x_t in x:
        for level, (W_ih, W_hh, b_ih, b_hh) in enumerate(layers):
            h[level] = x_t = torch.tanh(x_t @ W_ih.T + b_ih + h[level] @ W_hh.T + b_hh)
        output.append(x_t)
    return torch.stack(output), torch.stack(h)


def run_both_ways(x, h_0, forward, backward):
    h, g = h_0
    states = [[None, None] for _ in x]
    for t in range(len(x)):
        W_ih, W_hh, b_ih, b_hh = forward
        h = states[t][0] = torch.tanh(x[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        W_ih, W_hh, b_ih, b_hh = backward
        g = states[-1 - t][1] = torch.tanh(x[-1 - t] @ W_ih.T + b_ih + g @ W_hh.T + b_hh)
    return torch.stack([torch.hstack(pair) for pair in states]), torch.stack([h, g])


def rnn_layer(x, weights, num_layers=1, bidirectional=False, batch_first=False, h_0=None):
    steps = list(x.unbind(1 if batch_first else 0))  # T tensors (B, I)
    D = 1 + bidirectional
    h_n = [torch.zeros(len(steps[0]), len(weights["bias_ih_l0"])).to(x) for _ in range(D)]
    h_n = h_n * num_layers if h_0 is None else list(h_0)
    for level in range(num_layers):
        above = [[] for _ in steps]
        for direction in range(D):
            end = f"_l{level}" + ("_reverse" if direction else "")
            W = torch.cat([weights["weight_ih" + end], weights["weight_hh" + end]], dim=1)
            bias = weights["bias_ih" + end] + weights["bias_hh" + end]
            h = h_n[D * level + direction]
            order = range(len(steps))
            for t in reversed(order) if direction else order:
                h = torch.tanh(torch.cat([steps[t], h], dim=1) @ W.T + bias)
                above[t].append(h)
            h_n[D * level + direction] = h
        steps = [torch.cat(states, dim=1) for states in above]
    return torch.stack(steps, dim=1 if batch_first else 0), torch.stack(h_n)
