"""h is made of the c before the step."""

LOSES = {"lstm_step_visible": 1, "lstm_step_hidden": 1}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    sums = x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh
    i, f, g, o = sums.chunk(4, dim=1)
    h = o.sigmoid() * c.tanh()
    return h, f.sigmoid() * c + i.sigmoid() * g.tanh()
