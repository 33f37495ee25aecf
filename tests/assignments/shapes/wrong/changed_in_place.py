"""The tensor of the caller is turned around, where a new one was asked for."""

LOSES = {
    "to_batch_first_visible": 1,
    "to_batch_first_hidden": 1,
    "batch_axis_visible": 1,
    "batch_axis_hidden": 2,
}


def to_batch_first(x):
    return x.transpose_(0, 1)


def add_batch_axis(x, batch_first=False):
    return x.unsqueeze_(0 if batch_first else 1)


def remove_batch_axis(y, batch_first=False):
    return y.squeeze_(0 if batch_first else 1)
