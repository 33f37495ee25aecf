"""The loop with a step that ``torch.compile`` has written.

The compiler turns the cell's equation into a few fused kernels; the loop over time stays Python's,
so the first call takes seconds, not minutes, however long the sequence is. On a CPU it needs a C++
compiler. What it writes can go backward once: no second derivative, no ``retain_graph``.

PyTorch keeps eight versions of what it compiles, for as many kinds of call: sizes, dtypes, and
whether gradients are wanted, make one each. For a ninth it warns, and the cell runs as it is
written. :func:`torch.compiler.reset` forgets them all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from ..cells import State, each
from .bptt import obstacle_to_own_derivative
from .loop import loop


@cache
def _compiled(cell: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a cell's equation once for the whole process, whichever layer asks."""
    return torch.compile(cell)


def compiled(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> tuple[Tensor, State]:
    """Apply the compiled ``step`` at each time in turn.

    Parameters and results are those of every backend: see :mod:`rnnlib.backends`.
    """
    if isinstance(step, partial):
        # The function in it is compiled: to the compiler all partials are versions of one.
        step = partial(_compiled(step.func), *step.args, **step.keywords)
    else:
        step = _compiled(step)
    # Not a view of all layers' states, for which a version of its own would be made.
    return loop(step, x, each(Tensor.clone, h_0), weights)


def obstacle(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> str | None:
    """Say what keeps the compiler from running this call, or None if it can."""
    if x.device.type == "cpu" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        return "on a CPU it needs a C++ compiler, such as g++"
    states = h_0 if isinstance(h_0, tuple) else (h_0,)
    return obstacle_to_own_derivative((x, *states, *weights))
