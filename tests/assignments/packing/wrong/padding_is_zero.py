"""The padding value is not looked at."""

LOSES = {"pad_visible": 1, "pad_hidden": 1, "unpack_visible": 1, "unpack_hidden": 1}


def pad(sequences, padding_value=0.0):
    T, B, I = max(map(len, sequences)), len(sequences), sequences[0].shape[1]
    padded = sequences[0].new_zeros(T, B, I)
    for b, sequence in enumerate(sequences):
        padded[: len(sequence), b] = sequence
    return padded


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    T, B = len(batch_sizes), batch_sizes[0]
    padded = data.new_zeros(T, B, data.shape[1])
    for t, rows in enumerate(data.split(batch_sizes)):
        padded[t, : len(rows)] = rows
    lengths = [sum(running > b for running in batch_sizes) for b in range(B)]
    if unsorted_indices is not None:
        padded, lengths = padded[:, unsorted_indices], [lengths[b] for b in unsorted_indices]
    return padded, lengths
