"""batch_first is not looked at."""

LOSES = {"batch_axis_visible": 1, "batch_axis_hidden": 1}


def add_batch_axis(x, batch_first=False):
    return x.unsqueeze(0)
