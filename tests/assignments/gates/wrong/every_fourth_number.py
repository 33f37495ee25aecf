"""The biases of the forget gates are believed to be every fourth number."""

import math

LOSES = {"set_forget_bias_visible": 1, "set_forget_bias_hidden": 2}


def set_forget_bias(b_ih, b_hh, share, lag):
    f = share ** (1 / lag)
    b_ih, b_hh = b_ih.clone(), b_hh.clone()
    b_ih[1::4] = math.log(f / (1 - f))
    b_hh[1::4] = 0
    return b_ih, b_hh
