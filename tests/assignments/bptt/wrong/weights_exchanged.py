"""The input and the state have changed places."""

LOSES = {"step_gradients_visible": 1, "step_gradients_hidden": 2}


def step_gradients(d_a, x_t, h_before):
    return d_a.T @ h_before, d_a.T @ x_t, d_a.sum(0)
