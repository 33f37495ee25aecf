"""Scores and answers are flattened in different orders."""

import math

LOSES = {"bits_per_character_hidden": 2}


def bits_per_character(scores, y):
    flat = scores.flatten(0, 1).log_softmax(1)
    return -flat.gather(1, y.T.flatten()[:, None]).mean() / math.log(2)
