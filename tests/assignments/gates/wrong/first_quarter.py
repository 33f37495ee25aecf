"""The rows of the input gate are set."""

import math

LOSES = {"set_forget_bias_visible": 1, "set_forget_bias_hidden": 2}


def set_forget_bias(b_ih, b_hh, share, lag):
    f, H = share ** (1 / lag), len(b_ih) // 4
    b_ih, b_hh = b_ih.clone(), b_hh.clone()
    b_ih[:H] = math.log(f / (1 - f))
    b_hh[:H] = 0
    return b_ih, b_hh
