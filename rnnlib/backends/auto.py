"""The fastest of the other backends that can run the call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from ..cells import State
from .bptt import bptt, obstacle
from .loop import loop


def choose(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> Callable[..., tuple[Tensor, Any]]:
    """Pick the backend that :func:`auto` runs this call on."""
    return loop if obstacle(step, x, h_0, weights) else bptt


def auto(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> tuple[Tensor, State]:
    """Run the cell over time by ``bptt`` where its derivative is written down, else by ``loop``.

    Parameters and results are those of every backend: see :mod:`rnnlib.backends`.
    """
    return choose(step, x, h_0, weights)(step, x, h_0, weights)
