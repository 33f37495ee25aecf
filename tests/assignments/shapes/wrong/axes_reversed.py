"""All axes are turned around, not only the first two."""

LOSES = {"to_batch_first_visible": 1, "to_batch_first_hidden": 1}


def to_batch_first(x):
    return x.permute(2, 1, 0)
