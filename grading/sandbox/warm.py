"""What a zygote does once, so that none of its forks has to."""

from __future__ import annotations


def torch() -> None:
    """Import torch, and run what reads /proc at its first call: a fork does not see that."""
    import torch

    layer = torch.nn.LSTM(2, 3)
    layer(torch.zeros(4, 1, 2))[0].sum().backward()


def matplotlib() -> None:
    """Import matplotlib, which then looks for the fonts of the system."""
    import matplotlib.pyplot  # noqa: F401
    import matplotlib_inline.backend_inline  # noqa: F401
