"""The four sums of a unit are believed to be neighbours."""

LOSES = {"lstm_step_visible": 1, "lstm_step_hidden": 2}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    sums = x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh
    i, f, g, o = sums.unflatten(1, (-1, 4)).unbind(2)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c
