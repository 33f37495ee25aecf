"""The share of the work that remains is returned."""

LOSES = {"work_saved_visible": 1, "work_saved_hidden": 2}


def work_saved(lengths, batch_size):
    starts = range(0, len(lengths), batch_size)
    batches = [lengths[start : start + batch_size] for start in starts]
    return sum(lengths) / sum(len(batch) * max(batch) for batch in batches)
