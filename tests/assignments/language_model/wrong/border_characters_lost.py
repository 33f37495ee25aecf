"""Each piece loses its last character to the answers."""

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 3}


def cut_streams(codes, B, T):
    length = len(codes) // B
    pieces = codes[: B * length].view(B, length).T.split(T)
    return [(piece[:-1], piece[1:]) for piece in pieces]
