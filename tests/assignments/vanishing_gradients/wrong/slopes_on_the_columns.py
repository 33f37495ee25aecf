"""The slopes are multiplied into the columns of W_hh, as broadcasting does by itself."""

LOSES = {"step_jacobian_visible": 1, "step_jacobian_hidden": 2}


def step_jacobian(W_hh, h_t):
    return W_hh * (1 - h_t**2)
