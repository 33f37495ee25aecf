"""The axis of the features is taken for the batch if it happens to have the right size."""

LOSES = {"diagnose_hidden": 1}


def diagnose(x_shape, batch_first, num_labels):
    if len(x_shape) == 2:
        return "unbatched"
    if num_labels not in x_shape:
        return "mismatch"
    batch, time = (0, 1) if batch_first else (1, 0)
    if x_shape[batch] == x_shape[time] == num_labels:
        return "ambiguous"
    return "ok" if x_shape[batch] == num_labels else "swapped"
