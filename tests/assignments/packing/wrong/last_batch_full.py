"""The last batch is counted as if it were full."""

LOSES = {"work_saved_visible": 1, "work_saved_hidden": 1}


def work_saved(lengths, batch_size):
    starts = range(0, len(lengths), batch_size)
    places = sum(batch_size * max(lengths[start : start + batch_size]) for start in starts)
    return 1 - sum(lengths) / places
