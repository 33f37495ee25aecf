"""The scores are taken as they are, without a softmax."""

import math

LOSES = {"bits_per_character_visible": 1, "bits_per_character_hidden": 3}


def bits_per_character(scores, y):
    return -scores.gather(-1, y[..., None]).mean() / math.log(2)
