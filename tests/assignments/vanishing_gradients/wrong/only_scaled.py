"""A matrix whose largest singular value is 1 is believed to be orthogonal."""

import torch

LOSES = {"initial_W_hh_visible": 1, "initial_W_hh_hidden": 2}


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(len(A), dtype=A.dtype)
    return gain * A / torch.linalg.matrix_norm(A, 2)
