"""The library of the course does the work."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 3}


def cut_streams(codes, B, T):
    from rnnlib.training import streams

    return streams(codes, B, T)
