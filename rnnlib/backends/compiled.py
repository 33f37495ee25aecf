"""The loop with a step that ``torch.compile`` has written.

The compiler turns the cell's equation into a few fused kernels; the loop over time stays Python's,
so the first call takes seconds, not minutes, however long the sequence is. On a CPU it needs a C++
compiler. What it writes can go backward once: no second derivative, no ``retain_graph``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from ..cells import State
from .bptt import obstacle_to_own_derivative
from .loop import loop


@cache
def _compiled_step(function: Callable[..., Any], *options: tuple[str, Any]) -> Callable[..., Any]:
    """Compile a cell's equation once for the whole process, whichever layer asks."""
    return torch.compile(partial(function, **dict(options)))


def compiled(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> tuple[Tensor, State]:
    """Apply the compiled ``step`` at each time in turn.

    Parameters and results are those of every backend: see :mod:`rnnlib.backends`.
    """
    plain: Callable[..., Any] = step
    options: tuple[Any, ...] = ()
    if isinstance(step, partial):
        plain, options = step.func, tuple(step.keywords.items())
    return loop(_compiled_step(plain, *options), x, h_0, weights)


def obstacle(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> str | None:
    """Say what keeps the compiler from running this call, or None if it can."""
    if x.device.type == "cpu" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        return "on a CPU it needs a C++ compiler, such as g++"
    states = h_0 if isinstance(h_0, tuple) else (h_0,)
    return obstacle_to_own_derivative((x, *states, *weights))
