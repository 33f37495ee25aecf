"""The last batch is left out if it is not full."""

LOSES = {"work_saved_visible": 1, "work_saved_hidden": 1}


def work_saved(lengths, batch_size):
    places = real = 0
    for start in range(0, len(lengths) - batch_size + 1, batch_size):
        batch = lengths[start : start + batch_size]
        places += len(batch) * max(batch)
        real += sum(batch)
    return 1 - real / places
