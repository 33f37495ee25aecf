"""The shares of the batches are averaged, although batches differ in size."""

LOSES = {"work_saved_visible": 1, "work_saved_hidden": 2}


def work_saved(lengths, batch_size):
    shares = []
    for start in range(0, len(lengths), batch_size):
        batch = lengths[start : start + batch_size]
        shares.append(1 - sum(batch) / (len(batch) * max(batch)))
    return sum(shares) / len(shares)
