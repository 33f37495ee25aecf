"""The slope is that of the logistic function."""

LOSES = {"step_jacobian_visible": 1, "step_jacobian_hidden": 2}


def step_jacobian(W_hh, h_t):
    return (h_t * (1 - h_t))[:, None] * W_hh
