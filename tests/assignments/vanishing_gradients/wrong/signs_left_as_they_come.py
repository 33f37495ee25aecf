"""Q is returned with the signs that the library happens to choose."""

import torch

LOSES = {"initial_W_hh_visible": 1, "initial_W_hh_hidden": 1}


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(len(A), dtype=A.dtype)
    return gain * torch.linalg.qr(A).Q
