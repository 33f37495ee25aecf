"""The last step of output is taken for both directions, padding or not."""

LOSES = {"last_valid_visible": 1, "last_valid_hidden": 4}


def last_valid(output, lengths):
    H = output.shape[2] // 2
    return output[-1, :, :H], output[-1, :, H:]
