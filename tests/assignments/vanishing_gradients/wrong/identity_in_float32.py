"""torch.eye gives float32 if nobody says otherwise."""

import torch

LOSES = {"initial_W_hh_visible": 1, "initial_W_hh_hidden": 1}


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return gain * torch.eye(len(A))
    Q, R = torch.linalg.qr(A)
    return gain * Q * R.diagonal().sign()
