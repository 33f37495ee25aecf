"""The batch is averaged."""

LOSES = {"step_gradients_visible": 1, "step_gradients_hidden": 3}


def step_gradients(d_a, x_t, h_before):
    return d_a.T @ x_t / len(d_a), d_a.T @ h_before / len(d_a), d_a.mean(0)
