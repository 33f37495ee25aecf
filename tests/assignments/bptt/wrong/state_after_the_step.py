"""W_hh is taken to be multiplied with the state after the step."""

LOSES = {"all_gradients_visible": 1, "all_gradients_hidden": 1}


def all_gradients(d_a, x, h_0, states, W_ih):
    rows = d_a.flatten(0, 1)
    d_W_ih = rows.T @ x.flatten(0, 1)
    d_W_hh = rows.T @ states.flatten(0, 1)
    return d_a @ W_ih, d_W_ih, d_W_hh, rows.sum(0)
