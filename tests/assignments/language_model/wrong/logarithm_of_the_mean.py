"""The probabilities are averaged before the logarithm."""

LOSES = {"bits_per_character_visible": 1, "bits_per_character_hidden": 3}


def bits_per_character(scores, y):
    return -scores.softmax(-1).gather(-1, y[..., None]).mean().log2()
