"""The gradient has the shape (I, H), and that of W_hh is turned over as well."""

LOSES = {"step_gradients_visible": 1, "step_gradients_hidden": 2}


def step_gradients(d_a, x_t, h_before):
    return x_t.T @ d_a, h_before.T @ d_a, d_a.sum(0)
