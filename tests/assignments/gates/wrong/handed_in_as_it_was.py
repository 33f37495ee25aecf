"""The planted functions are handed in."""

LOSES = {
    "mended_lstm_visible": 1,
    "mended_lstm_hidden": 2,
    "mended_gru_visible": 1,
    "mended_gru_hidden": 2,
    "mended_rnn_visible": 1,
    "mended_rnn_hidden": 2,
}


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    return planted_lstm(x, W_ih, W_hh, b_ih, b_hh)  # noqa: F821


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    return planted_gru(x, W_ih, W_hh, b_ih, b_hh)  # noqa: F821


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    return planted_rnn(x, W_ih, W_hh, b_ih, b_hh)  # noqa: F821
