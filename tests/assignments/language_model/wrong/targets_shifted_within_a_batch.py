"""The last answer of a batch is its own first character."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 2}


def cut_streams(codes, B, T):
    length = len(codes) // B
    columns = codes[: B * length].view(B, length).T
    return [(x, x.roll(-1, 0)) for x in columns[:-1].split(T)]
