"""A mean over time, and a sum over streams."""

import math

LOSES = {"bits_per_character_visible": 1, "bits_per_character_hidden": 2}


def bits_per_character(scores, y):
    return -scores.log_softmax(-1).gather(-1, y[..., None]).mean(0).sum() / math.log(2)
