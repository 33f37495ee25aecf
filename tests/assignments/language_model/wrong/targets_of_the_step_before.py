"""The answers are shifted the wrong way."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 3}


def cut_streams(codes, B, T):
    length = len(codes) // B
    columns = codes[: B * length].view(B, length).T
    return list(zip(columns[1:].split(T), columns[:-1].split(T), strict=True))
