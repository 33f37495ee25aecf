"""Each stream is a row."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 3}


def cut_streams(codes, B, T):
    length = len(codes) // B
    rows = codes[: B * length].view(B, length)
    return list(zip(rows[:, :-1].split(T, 1), rows[:, 1:].split(T, 1), strict=True))
