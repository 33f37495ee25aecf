"""Ways to run a recurrence over time, by name.

A backend is a function of one signature::

    backend(step, x, h_0, weights) -> (output, h_n)

    step     the cell's equation: step(x_t, h, *weights) -> h, (B, I) and (B, H) -> (B, H)
    x        Tensor (T, B, I), T > 0: the input, time first
    h_0      Tensor (B, H): the state before the first step; of an LSTM a tuple (h, c)
    weights  the cell's tensors, in the order in which step takes them
    output   Tensor (T, B, H): the state after each step; of an LSTM h alone
    h_n      Tensor (B, H): the state after the last step; of an LSTM a tuple (h, c)

Layers, directions, packed sequences and ``batch_first`` are settled before a backend is called,
so each backend has one thing to do: ``loop`` is there to be read, ``bptt`` to be fast, and
``auto`` takes the fastest that can run the call. All give the same numbers, to rounding. To add
one, write its file beside this one and name it in ``BACKENDS``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from .auto import auto
from .bptt import bptt
from .loop import loop

Step = Callable[..., Any]
Backend = Callable[[Step, Tensor, Any, Sequence[Tensor]], tuple[Tensor, Any]]

BACKENDS: dict[str, Backend] = {
    "auto": auto,
    "loop": loop,
    "bptt": bptt,
}
