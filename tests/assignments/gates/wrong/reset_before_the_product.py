"""The reset gate acts on the state, as in the paper."""

LOSES = {"gru_step_visible": 1, "gru_step_hidden": 3}


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    x_r, x_z, x_n = (x_t @ W_ih.T + b_ih).chunk(3, dim=1)
    h_r, h_z, _ = (h @ W_hh.T + b_hh).chunk(3, dim=1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + (r * h) @ W_hh[2 * H :].T + b_hh[2 * H :]).tanh()
    return (1 - z) * n + z * h
