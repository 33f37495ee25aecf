"""Ways to run a recurrence over time, by name.

A backend is a function of one signature:

.. code-block:: text

    backend(step, x, h_0, weights) -> (output, h_n)

    step     the cell's equation: step(x_t, h, *weights) -> h, (B, I) and (B, H) -> (B, H)
    x        Tensor (T, B, I), T > 0: the input, time first
    h_0      Tensor (B, H): the state before the first step; of an LSTM a tuple (h, c)
    weights  the cell's tensors, in the order in which step takes them
    output   Tensor (T, B, H): the state after each step; of an LSTM h alone
    h_n      Tensor (B, H): the state after the last step; of an LSTM a tuple (h, c)

Layers, directions, packed sequences and ``batch_first`` are settled before a backend is called,
so each backend has one thing to do: ``loop`` is there to be read, ``bptt`` to be fast, ``onednn``
hands an LSTM to the library that PyTorch uses for it, ``compile`` lets PyTorch's compiler write
the step, ``graph`` records the launches of a GPU and replays them, ``triton`` puts the loop into
a kernel of its own, and ``group`` into one whose programs share a layer too wide for one of them.
All give the same numbers, to rounding.

To add one, write its file beside these and name it in ``BACKENDS``. A backend that cannot run
every call has a second function, ``obstacle``, that says why not, and is named in ``OBSTACLES``.
One that runs packed and reversed sequences by itself is named in ``ANY_ORDER``, and is given
``batch_sizes`` and ``reverse`` as well: see :func:`rnnlib.recurrence.recur`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from ..cells import State
from . import bptt, compiled, fused, graph, loop, onednn

Step = Callable[..., Any]
Backend = Callable[..., tuple[Tensor, Any]]
Obstacle = Callable[[Step, Tensor, Any, Sequence[Tensor]], str | None]

#: The backends by name.
BACKENDS: dict[str, Backend] = {
    "loop": loop.loop,
    "bptt": bptt.bptt,
    "onednn": onednn.onednn,
    "compile": compiled.compiled,
    "graph": graph.graph,
    "triton": fused.fused,
    "group": fused.group,
}

#: What says of a call why a backend cannot run it, or None if it can.
OBSTACLES: dict[str, Obstacle] = {
    "bptt": bptt.obstacle,
    "onednn": onednn.obstacle,
    "compile": compiled.obstacle,
    "graph": graph.obstacle,
    "triton": fused.obstacle,
    "group": fused.group_obstacle,
}

#: Those that take packed and reversed sequences as they are.
ANY_ORDER = {"triton", "group"}

#: What ``"auto"`` tries, in this order; the last runs everything. Not ``graph``, ``triton`` and
#: ``group``: they have been compiled, and interpreted where that is possible, but not yet been run
#: on a GPU.
FASTEST_FIRST = ("onednn", "bptt", "loop")


def check_name(name: str) -> None:
    """Raise ValueError if there is no backend of this name."""
    names = ("auto", *BACKENDS)
    if name not in names:
        raise ValueError(f"Unknown backend {name!r}. Select from {', '.join(map(repr, names))}.")


def choose(name: str, step: Step, x: Tensor, h_0: State, weights: Sequence[Tensor]) -> str:
    """Name the backend that a call runs on.

    Parameters
    ----------
    name : str
        A name in :data:`BACKENDS`, or ``"auto"`` for the fastest that can run the call.
    step, x, h_0, weights
        What the backend is to be called with. x may be packed, (N, I).

    Returns
    -------
    str
        A name in :data:`BACKENDS`.

    Raises
    ------
    ValueError
        If there is no backend of that name, or it cannot run this call; the text says why.
    """
    check_name(name)

    def reason(name: str) -> str | None:
        return OBSTACLES[name](step, x, h_0, weights) if name in OBSTACLES else None

    if name == "auto":
        return next(name for name in FASTEST_FIRST if not reason(name))
    if why := reason(name):
        raise ValueError(f"The backend {name!r} cannot run this: {why}. Use 'auto' or 'loop'.")
    return name
