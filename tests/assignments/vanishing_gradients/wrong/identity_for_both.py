"""The identity is orthogonal, so it is returned for both kinds."""

import torch

LOSES = {"initial_W_hh_visible": 1, "initial_W_hh_hidden": 2}


def initial_W_hh(kind, A, gain=1.0):
    return gain * torch.eye(len(A), dtype=A.dtype)
