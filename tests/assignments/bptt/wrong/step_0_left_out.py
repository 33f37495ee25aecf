"""Step 0 is left out of the sum, as no state is stored before it."""

LOSES = {"all_gradients_visible": 1, "all_gradients_hidden": 1}


def all_gradients(d_a, x, h_0, states, W_ih):
    rows = d_a.flatten(0, 1)
    d_W_ih = rows.T @ x.flatten(0, 1)
    d_W_hh = d_a[1:].flatten(0, 1).T @ states[:-1].flatten(0, 1)
    return d_a @ W_ih, d_W_ih, d_W_hh, rows.sum(0)
