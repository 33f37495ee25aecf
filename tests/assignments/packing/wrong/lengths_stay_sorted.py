"""The columns are put back into the original order, their lengths are not."""

LOSES = {"unpack_visible": 1, "unpack_hidden": 1}


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    T, B = len(batch_sizes), batch_sizes[0]
    padded = data.new_full((T, B, data.shape[1]), padding_value)
    for t, rows in enumerate(data.split(batch_sizes)):
        padded[t, : len(rows)] = rows
    lengths = [sum(running > b for running in batch_sizes) for b in range(B)]
    if unsorted_indices is not None:
        padded = padded[:, unsorted_indices]
    return padded, lengths
