"""The weights are turned over, as on the way forward."""

LOSES = {"step_backward_visible": 1, "step_backward_hidden": 1}


def step_backward(d_h, h_t, W_hh):
    d_a = d_h * (1 - h_t**2)
    return d_a, d_a @ W_hh.T
