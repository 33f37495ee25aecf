"""Every batch is believed to be padded to the longest sequence of all batches."""

LOSES = {"work_saved_visible": 1, "work_saved_hidden": 2}


def work_saved(lengths, batch_size):
    return 1 - sum(lengths) / (len(lengths) * max(lengths))
