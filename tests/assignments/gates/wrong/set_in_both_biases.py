"""Each of the two biases gets the whole number."""

import math

LOSES = {"set_forget_bias_visible": 1, "set_forget_bias_hidden": 1}


def set_forget_bias(b_ih, b_hh, share, lag):
    f, H = share ** (1 / lag), len(b_ih) // 4
    b_ih, b_hh = b_ih.clone(), b_hh.clone()
    b_ih[H : 2 * H] = b_hh[H : 2 * H] = math.log(f / (1 - f))
    return b_ih, b_hh
