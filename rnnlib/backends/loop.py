"""The recurrence as a plain Python loop; autograd finds the gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..cells import State


def loop(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> tuple[Tensor, State]:
    """Apply ``step`` at each time in turn, each time to the state that the last one left.

    Parameters and results are those of every backend: see :mod:`rnnlib.backends`.
    """
    state = h_0  # h, or of an LSTM (h, c)
    output = []
    # unbind rather than x[t]: the gradient of each x[t] would be a zero tensor as large as x.
    for x_t in x.unbind(0):  # (B, I)
        state = step(x_t, state, *weights)
        output.append(state[0] if isinstance(state, tuple) else state)  # h (B, H)
    return torch.stack(output), state  # (T, B, H), (B, H)
