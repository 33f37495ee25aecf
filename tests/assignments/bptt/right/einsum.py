"""Einsum in place of products and sums."""

import torch


def step_backward(d_h, h_t, W_hh):
    d_a = torch.einsum("bh,bh->bh", d_h, 1 - h_t * h_t)
    return d_a, torch.einsum("bh,hk->bk", d_a, W_hh)


def step_gradients(d_a, x_t, h_before):
    d_W_ih = torch.einsum("bh,bi->hi", d_a, x_t)
    return d_W_ih, torch.einsum("bh,bk->hk", d_a, h_before), torch.einsum("bh->h", d_a)


def scan_backward(d_output, states, W_hh):
    slopes = 1 - states * states
    d_a = [d_output[-1] * slopes[-1]]
    for d_out, slope in zip(d_output[:-1].flip(0), slopes[:-1].flip(0), strict=True):
        d_a.insert(0, (d_out + torch.einsum("bh,hk->bk", d_a[0], W_hh)) * slope)
    return torch.stack(d_a), torch.einsum("bh,hk->bk", d_a[0], W_hh)


def all_gradients(d_a, x, h_0, states, W_ih):
    before = torch.cat([h_0.unsqueeze(0), states]).narrow(0, 0, len(x))
    return (
        torch.einsum("tbh,hi->tbi", d_a, W_ih),
        torch.einsum("tbh,tbi->hi", d_a, x),
        torch.einsum("tbh,tbk->hk", d_a, before),
        torch.einsum("tbh->h", d_a),
    )


def value_and_gradients(inputs, target):
    x, h_0, W_ih, W_hh, b = (inputs[name] for name in ("x", "h_0", "W_ih", "W_hh", "b"))
    driven, all_states = torch.einsum("tbi,hi->tbh", x, W_ih) + b, [h_0]
    for driven_t in driven:
        all_states.append(torch.tanh(driven_t + torch.einsum("bk,hk->bh", all_states[-1], W_hh)))
    all_states = torch.stack(all_states)  # (T + 1, B, H), h_0 included
    first = 1 if target.dim() == 3 else len(x)
    error = all_states[first:] - target.view(-1, *h_0.shape)
    arriving = torch.zeros_like(all_states)
    arriving[first:] = 2 * error / error.numel()
    d_a = torch.zeros_like(driven)
    for t in range(len(x), 0, -1):
        d_a[t - 1] = arriving[t] * (1 - all_states[t] ** 2)
        arriving[t - 1] += torch.einsum("bh,hk->bk", d_a[t - 1], W_hh)
    return torch.einsum("tbh,tbh->", error, error) / error.numel(), {
        "b": torch.einsum("tbh->h", d_a),
        "W_hh": torch.einsum("tbh,tbk->hk", d_a, all_states[:-1]),
        "W_ih": torch.einsum("tbh,tbi->hi", d_a, x),
        "h_0": arriving[0],
        "x": torch.einsum("tbh,hi->tbi", d_a, W_ih),
    }


def truncated_scan(d_output, states, W_hh, k):
    T = len(states)
    handed_on = torch.arange(T) % k != 0  # from step t to step t - 1
    arriving = d_output.clone()
    for t in range(T - 1, -1, -1):
        arriving[t] *= 1 - states[t] ** 2
        if handed_on[t]:
            arriving[t - 1] += torch.einsum("bh,hk->bk", arriving[t], W_hh)
    return arriving
