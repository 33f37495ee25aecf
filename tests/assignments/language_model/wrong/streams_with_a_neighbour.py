"""The last answer of a stream is the first character of the next one."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 3}


def cut_streams(codes, B, T):
    steps = (len(codes) - 1) // B
    x = codes[: B * steps].view(B, steps).T
    y = codes[1 : B * steps + 1].view(B, steps).T
    return list(zip(x.split(T), y.split(T), strict=True))
