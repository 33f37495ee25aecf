"""Jacobians as matrices, sequence by sequence; sums as Python loops."""

import torch


def step_backward(d_h, h_t, W_hh):
    d_a, d_before = [], []
    for gradient, h in zip(d_h, h_t, strict=True):
        slope = torch.diag(1 - h**2)  # (H, H)
        d_a.append(slope @ gradient)
        d_before.append((slope @ W_hh).T @ gradient)
    return torch.stack(d_a), torch.stack(d_before)


def step_gradients(d_a, x_t, h_before):
    d_W_ih = sum(torch.outer(d, x) for d, x in zip(d_a, x_t, strict=True))
    d_W_hh = sum(torch.outer(d, h) for d, h in zip(d_a, h_before, strict=True))
    return d_W_ih, d_W_hh, sum(d_a)


def scan_backward(d_output, states, W_hh):
    T, B, H = states.shape
    d_a, d_h_0 = torch.zeros(T, B, H).to(states), torch.zeros(B, H).to(states)
    for b in range(B):
        carried = torch.zeros(H).to(states)
        for t in reversed(range(T)):
            d_a[t, b] = torch.diag(1 - states[t, b] ** 2) @ (d_output[t, b] + carried)
            carried = W_hh.T @ d_a[t, b]
        d_h_0[b] = carried
    return d_a, d_h_0


def all_gradients(d_a, x, h_0, states, W_ih):
    T, B, _ = x.shape
    places = [(t, b) for t in range(T) for b in range(B)]
    before = [h_0, *states]
    d_x = torch.stack([torch.stack([W_ih.T @ d_a[t, b] for b in range(B)]) for t in range(T)])
    d_W_ih = sum(torch.outer(d_a[place], x[place]) for place in places)
    d_W_hh = sum(torch.outer(d_a[t, b], before[t][b]) for t, b in places)
    return d_x, d_W_ih, d_W_hh, sum(d_a[place] for place in places)


def numerical_gradient(inputs, target, name, eps=1e-5):
    def loss(number, at):
        values = {key: tensor.tolist() for key, tensor in inputs.items()}
        values = {key: torch.tensor(v, dtype=torch.float64) for key, v in values.items()}
        values[name].view(-1)[at] += number
        h, total, count = values["h_0"], 0.0, 0
        for t, x_t in enumerate(values["x"]):
            h = (x_t @ values["W_ih"].T + h @ values["W_hh"].T + values["b"]).tanh()
            if target.dim() == 3 or t == len(values["x"]) - 1:
                wanted = target[t] if target.dim() == 3 else target
                total += ((h - wanted) ** 2).sum().item()
                count += h.numel()
        return total / count

    slopes = [(loss(eps, at) - loss(-eps, at)) / (2 * eps) for at in range(inputs[name].numel())]
    return torch.tensor(slopes, dtype=torch.float64).reshape(inputs[name].shape)


def truncated_scan(d_output, states, W_hh, k):
    T = len(states)
    d_a = torch.zeros_like(states)
    for start in range(0, T, k):
        for end in range(start, min(start + k, T)):  # what the loss at `end` sends back
            gradient = d_output[end]
            for t in range(end, start - 1, -1):
                d_a[t] += gradient * (1 - states[t] ** 2)
                gradient = (gradient * (1 - states[t] ** 2)) @ W_hh
    return d_a
