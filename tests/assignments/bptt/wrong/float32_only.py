"""Every dtype is turned into float32."""

import torch

LOSES = {
    "step_backward_visible": 1,
    "step_backward_hidden": 2,
    "step_gradients_visible": 1,
    "step_gradients_hidden": 3,
    "scan_backward_visible": 1,
    "scan_backward_hidden": 4,
    "all_gradients_visible": 1,
    "all_gradients_hidden": 4,
    "truncated_scan_hidden": 2,
}


def step_backward(d_h, h_t, W_hh):
    d_a = d_h.float() * (1 - h_t.float() ** 2)
    return d_a, (d_a @ W_hh.float())


def step_gradients(d_a, x_t, h_before):
    rows = d_a.float().T
    products = rows @ x_t.float(), rows @ h_before.float(), rows.sum(1)
    return products


def scan_backward(d_output, states, W_hh):
    carried, d_a = torch.zeros(d_output[0].shape), torch.zeros(d_output.shape)
    for t in reversed(range(len(states))):
        d_a[t] = (d_output[t].float() + carried) * (1 - states[t].float() ** 2)
        carried = d_a[t] @ W_hh.float()
    return d_a, carried


def all_gradients(d_a, x, h_0, states, W_ih):
    before = torch.cat([h_0[None], states[:-1]]).float().flatten(0, 1)
    rows = d_a.float().flatten(0, 1)
    d_W_ih, d_W_hh = rows.T @ x.float().flatten(0, 1), rows.T @ before
    found = d_a.float() @ W_ih.float(), d_W_ih, d_W_hh, rows.sum(0)
    return found


def truncated_scan(d_output, states, W_hh, k):
    carried, d_a = torch.zeros(d_output[0].shape), torch.zeros(d_output.shape)
    for t in reversed(range(len(states))):
        d_a[t] = (d_output[t].float() + carried) * (1 - states[t].float() ** 2)
        carried = d_a[t] @ W_hh.float() if t % k else torch.zeros_like(carried)
    return d_a
