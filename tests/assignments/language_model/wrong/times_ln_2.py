"""Nats are multiplied by ln 2."""

import math

LOSES = {"bits_per_character_visible": 1, "bits_per_character_hidden": 3}


def bits_per_character(scores, y):
    return -scores.log_softmax(-1).gather(-1, y[..., None]).mean() * math.log(2)
