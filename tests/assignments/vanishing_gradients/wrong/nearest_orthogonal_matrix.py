"""The orthogonal matrix nearest to A, from its singular vectors: another one than asked for."""

import torch

LOSES = {"initial_W_hh_visible": 1, "initial_W_hh_hidden": 1}


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(len(A), dtype=A.dtype)
    U, _, Vh = torch.linalg.svd(A)
    return gain * U @ Vh
