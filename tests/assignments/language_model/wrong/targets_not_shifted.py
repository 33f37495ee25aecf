"""The network is asked for the character that it has just read."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 2}


def cut_streams(codes, B, T):
    length = len(codes) // B
    columns = codes[: B * length].view(B, length).T
    return [(x, x) for x in columns[:-1].split(T)]
