"""The gate leaves the share at every step, not after all of them."""

import math

LOSES = {"set_forget_bias_visible": 1, "set_forget_bias_hidden": 1}


def set_forget_bias(b_ih, b_hh, share, lag):
    H = len(b_ih) // 4
    b_ih, b_hh = b_ih.clone(), b_hh.clone()
    b_ih[H : 2 * H] = math.log(share / (1 - share))
    b_hh[H : 2 * H] = 0
    return b_ih, b_hh
