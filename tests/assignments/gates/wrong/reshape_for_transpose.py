"""The weights are reshaped where they should be transposed."""

LOSES = {"lstm_step_hidden": 2}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    sums = x_t @ W_ih.reshape(x_t.shape[1], -1) + h @ W_hh.reshape(h.shape[1], -1) + b_ih + b_hh
    i, f, g, o = sums.chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c
