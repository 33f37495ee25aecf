"""The rest of the steps is left out."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 1}


def cut_streams(codes, B, T):
    length = len(codes) // B
    columns = codes[: B * length].view(B, length).T
    starts = range(0, length - T, T)
    return [(columns[t : t + T], columns[t + 1 : t + T + 1]) for t in starts]
