"""The columns get the length 1, and are not made perpendicular."""

import torch

LOSES = {"initial_W_hh_visible": 1, "initial_W_hh_hidden": 2}


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(len(A), dtype=A.dtype)
    return gain * A / A.norm(dim=0)
