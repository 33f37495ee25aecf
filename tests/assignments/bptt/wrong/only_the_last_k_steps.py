"""The way back ends k steps before the end."""

import torch

LOSES = {"truncated_scan_visible": 1, "truncated_scan_hidden": 2}


def truncated_scan(d_output, states, W_hh, k):
    carried, d_a = torch.zeros_like(d_output[0]), torch.zeros_like(d_output)
    for t in reversed(range(len(states))):
        d_a[t] = (d_output[t] + carried) * (1 - states[t] ** 2)
        carried = torch.zeros_like(carried) if t <= len(states) - k else d_a[t] @ W_hh
    return d_a
