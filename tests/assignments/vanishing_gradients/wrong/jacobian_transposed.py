"""The Jacobian is written down with rows and columns exchanged."""

LOSES = {"step_jacobian_visible": 1, "step_jacobian_hidden": 2}


def step_jacobian(W_hh, h_t):
    return W_hh.T * (1 - h_t**2)
