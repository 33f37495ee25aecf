"""A reshape gives the wanted shape and mixes the sequences."""

LOSES = {"to_batch_first_visible": 1, "to_batch_first_hidden": 1}


def to_batch_first(x):
    return x.reshape(x.shape[1], x.shape[0], x.shape[2])
