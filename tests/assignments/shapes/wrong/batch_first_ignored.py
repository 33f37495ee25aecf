"""The layer is believed to find the batch axis by itself."""

LOSES = {"diagnose_visible": 1, "diagnose_hidden": 2}


def diagnose(x_shape, batch_first, num_labels):
    if len(x_shape) == 2:
        return "unbatched"
    fits = [size == num_labels for size in x_shape[:2]]
    if all(fits):
        return "ambiguous"
    return "ok" if any(fits) else "mismatch"
