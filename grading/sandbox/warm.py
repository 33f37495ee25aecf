"""What a zygote does once, so that none of its forks has to."""

from __future__ import annotations


def torch() -> None:
    """Import torch, and run what reads /proc at its first call: a fork does not see that."""
    import torch

    layer = torch.nn.LSTM(2, 3)
    layer(torch.zeros(4, 1, 2))[0].sum().backward()
    # The first use of each of these imports or compiles for seconds.
    x = torch.ones(2, requires_grad=True)
    torch.autograd.grad(x * x, x, torch.ones(2))
    torch.func.grad(torch.sum)(torch.ones(2))
    torch.func.jacrev(torch.sin)(torch.ones(2))


def matplotlib() -> None:
    """Import matplotlib, which then looks for the fonts of the system."""
    import matplotlib.pyplot  # noqa: F401
    import matplotlib_inline.backend_inline  # noqa: F401
