"""The signs are multiplied into the rows of Q."""

import torch

LOSES = {"initial_W_hh_visible": 1, "initial_W_hh_hidden": 1}


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(len(A), dtype=A.dtype)
    Q, R = torch.linalg.qr(A)
    return gain * R.diagonal().sign()[:, None] * Q
