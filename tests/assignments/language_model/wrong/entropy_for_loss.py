"""The entropy of the prediction, whatever came."""

import math

LOSES = {"bits_per_character_visible": 1, "bits_per_character_hidden": 3}


def bits_per_character(scores, y):
    log_p = scores.log_softmax(-1)
    return -(log_p.exp() * log_p).sum(-1).mean() / math.log(2)
