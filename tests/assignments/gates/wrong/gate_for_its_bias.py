"""The bias is set to the value that the gate should have."""

LOSES = {"set_forget_bias_visible": 1, "set_forget_bias_hidden": 1}


def set_forget_bias(b_ih, b_hh, share, lag):
    H = len(b_ih) // 4
    b_ih, b_hh = b_ih.clone(), b_hh.clone()
    b_ih[H : 2 * H] = share ** (1 / lag)
    b_hh[H : 2 * H] = 0
    return b_ih, b_hh
