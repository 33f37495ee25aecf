"""The slope of tanh is taken to be 1 - h."""

LOSES = {"step_backward_visible": 1, "step_backward_hidden": 2}


def step_backward(d_h, h_t, W_hh):
    d_a = d_h * (1 - h_t)
    return d_a, d_a @ W_hh
