"""Every function returns what it was given, or a constant."""

LOSES = {
    "pad_visible": 1,
    "pad_hidden": 2,
    "mask_and_batch_sizes_visible": 1,
    "mask_and_batch_sizes_hidden": 2,
    "pack_visible": 1,
    "pack_hidden": 5,
    "unpack_visible": 1,
    "unpack_hidden": 4,
    "last_valid_visible": 1,
    "last_valid_hidden": 2,
    "masked_mse_visible": 1,
    "masked_mse_hidden": 4,
    "backward_first_states_visible": 1,
    "backward_first_states_hidden": 3,
    "work_saved_visible": 1,
    "work_saved_hidden": 2,
}


def pad(sequences, padding_value=0.0):
    return sequences


def mask_and_batch_sizes(lengths, T):
    return lengths, lengths


def pack(padded, lengths, enforce_sorted=True):
    return padded, lengths, None, None


def unpack(data, batch_sizes, unsorted_indices=None, padding_value=0.0):
    return data, batch_sizes


def last_valid(output, lengths, batch_first=False):
    return output


def masked_mse(prediction, target, lengths):
    return prediction, prediction


def backward_first_states(x, lengths, W_ih, W_hh, b):
    return x[0], x[0]


def work_saved(lengths, batch_size):
    return 0.0
