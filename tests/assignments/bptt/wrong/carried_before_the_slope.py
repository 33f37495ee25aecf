"""What is handed on has not gone through the slope."""

import torch

LOSES = {"scan_backward_visible": 1, "scan_backward_hidden": 4}


def scan_backward(d_output, states, W_hh):
    carried, d_a = torch.zeros_like(d_output[0]), torch.zeros_like(d_output)
    for t in reversed(range(len(states))):
        d_a[t] = (d_output[t] + carried) * (1 - states[t] ** 2)
        carried = (d_output[t] + carried) @ W_hh
    return d_a, carried
