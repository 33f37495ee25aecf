"""The padding is put before the start."""

LOSES = {"pad_visible": 1, "pad_hidden": 2}


def pad(sequences, padding_value=0.0):
    T, B, I = max(map(len, sequences)), len(sequences), sequences[0].shape[1]
    padded = sequences[0].new_full((T, B, I), padding_value)
    for b, sequence in enumerate(sequences):
        padded[T - len(sequence) :, b] = sequence
    return padded
