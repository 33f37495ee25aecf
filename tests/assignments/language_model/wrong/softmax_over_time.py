"""The softmax runs over the steps."""

LOSES = {"bits_per_character_visible": 1, "bits_per_character_hidden": 3}


def bits_per_character(scores, y):
    return -scores.softmax(0).log2().gather(-1, y[..., None]).mean()
