"""The sum is returned."""

LOSES = {"rnn_step_visible": 1, "rnn_step_hidden": 2}


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    return x_t @ W_ih.T + b_ih + h_before @ W_hh.T + b_hh
