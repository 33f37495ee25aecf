"""When both axes fit, the call is believed to be right."""

LOSES = {"diagnose_visible": 1, "diagnose_hidden": 1}


def diagnose(x_shape, batch_first, num_labels):
    if len(x_shape) == 2:
        return "unbatched"
    batch, time = (0, 1) if batch_first else (1, 0)
    if x_shape[batch] == num_labels:
        return "ok"
    return "swapped" if x_shape[time] == num_labels else "mismatch"
