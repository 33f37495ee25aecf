"""Neighbouring characters are dealt out to the streams."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 3}


def cut_streams(codes, B, T):
    length = len(codes) // B
    columns = codes[: B * length].view(length, B)
    return list(zip(columns[:-1].split(T), columns[1:].split(T), strict=True))
