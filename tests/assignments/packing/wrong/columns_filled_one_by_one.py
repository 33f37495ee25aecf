"""data is read as if it held one sequence after the other."""

LOSES = {"unpack_visible": 1, "unpack_hidden": 3}


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    T, B = len(batch_sizes), batch_sizes[0]
    padded = data.new_full((T, B, data.shape[1]), padding_value)
    lengths = [sum(running > b for running in batch_sizes) for b in range(B)]
    for b, rows in enumerate(data.split(lengths)):
        padded[: len(rows), b] = rows
    if unsorted_indices is not None:
        padded, lengths = padded[:, unsorted_indices], [lengths[b] for b in unsorted_indices]
    return padded, lengths
