"""The states are rolled, so the last one stands before step 0."""

LOSES = {"all_gradients_visible": 1, "all_gradients_hidden": 1}


def all_gradients(d_a, x, h_0, states, W_ih):
    before = states.roll(1, 0)
    rows = d_a.flatten(0, 1)
    d_W_ih = rows.T @ x.flatten(0, 1)
    d_W_hh = rows.T @ before.flatten(0, 1)
    return d_a @ W_ih, d_W_ih, d_W_hh, rows.sum(0)
