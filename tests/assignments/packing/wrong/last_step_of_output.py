"""The last step of the tensor is taken, padding or not."""

LOSES = {"last_valid_visible": 1, "last_valid_hidden": 2}


def last_valid(output, lengths, batch_first=False):
    return output[:, -1] if batch_first else output[-1]
