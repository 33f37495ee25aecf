"""The text is cut into pieces first, and neighbouring pieces stand side by side."""

import torch

LOSES = {"cut_streams_visible": 1, "cut_streams_hidden": 3}


def cut_streams(codes, B, T):
    pieces = [codes[t : t + T + 1] for t in range(0, len(codes) - T, T)]
    groups = [pieces[k : k + B] for k in range(0, len(pieces) - B + 1, B)]
    stacked = [torch.stack(group, 1) for group in groups]
    return [(piece[:-1], piece[1:]) for piece in stacked]
