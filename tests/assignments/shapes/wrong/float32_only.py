"""Every dtype is turned into float32."""

LOSES = {"to_batch_first_hidden": 1, "batch_axis_hidden": 2}


def to_batch_first(x):
    return x.transpose(0, 1).float()


def add_batch_axis(x, batch_first=False):
    return x.unsqueeze(0 if batch_first else 1).float()


def remove_batch_axis(y, batch_first=False):
    return y.squeeze(0 if batch_first else 1).float()
