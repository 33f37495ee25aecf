"""One of the two biases is forgotten."""

LOSES = {"lstm_step_visible": 1, "lstm_step_hidden": 2}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    sums = x_t @ W_ih.T + b_ih + h @ W_hh.T
    i, f, g, o = sums.chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c
