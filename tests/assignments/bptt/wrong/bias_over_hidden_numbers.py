"""The gradient of the bias is added up over the hidden numbers."""

LOSES = {"step_gradients_visible": 1, "step_gradients_hidden": 1}


def step_gradients(d_a, x_t, h_before):
    return d_a.T @ x_t, d_a.T @ h_before, d_a.sum(1)
