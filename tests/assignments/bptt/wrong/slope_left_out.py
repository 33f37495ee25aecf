"""The gradient goes through the weights alone."""

LOSES = {"step_backward_visible": 1, "step_backward_hidden": 1}


def step_backward(d_h, h_t, W_hh):
    return d_h * (1 - h_t**2), d_h @ W_hh
