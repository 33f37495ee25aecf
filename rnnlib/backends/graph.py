"""``bptt`` with its scans recorded as CUDA graphs: one launch for all the kernels of all steps.

On a GPU the small product of a step is done before Python has launched the next. A CUDA graph
holds the launches of a whole scan: recorded once, they are replayed by one call, without Python.
A recording is of fixed sizes and works on fixed memory, so there is one for each shape of call (the
last ones are kept), and its arguments and results are copied in and out. Training replays two, the
scan forward and the scan back. A recording keeps the precision that products had when it was made,
and streams do not wait for one another: there is one for each precision and each stream as well.

Packed sequences are a row of blocks, each with a shape of its own: for them take another backend.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..cells import State
from . import bptt
from .bptt import Derivative, Tensors, derivative_of
from .fused import precision_of

#: How many recordings are kept, each with its arguments and results.
RECORDINGS = 32
#: Filled, replayed and read, a recording is one thread's.
_LOCK = Lock()


def graph(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> tuple[Tensor, State]:
    """Run an RNN, LSTM or GRU over time.

    Parameters and results are those of every backend: see :mod:`rnnlib.backends`.
    """
    states = len(h_0) if isinstance(h_0, tuple) else 1
    return bptt.bptt(step, x, h_0, weights, replayed(derivative_of(step), states))


def obstacle(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> str | None:
    """Say what keeps CUDA graphs from running this call, or None if they can."""
    if not x.is_cuda:
        return "CUDA graphs need an NVIDIA GPU"
    if torch.cuda.is_current_stream_capturing():
        return "a CUDA graph is being recorded around it"
    return bptt.obstacle(step, x, h_0, weights)


def replayed(derivative: Derivative, states: int) -> Derivative:
    """Make a derivative run as recordings.

    Parameters
    ----------
    derivative : Derivative
        One of ``bptt``'s.
    states : int
        How many tensors the cell's state has.
    """

    def forward(x: Tensor, h_0: Tensors, *weights: Tensor) -> tuple[Tensor, Tensors, Tensors]:
        kept = _replay(_forward, derivative, states, (x, *h_0, *weights))
        return kept[0][1:], tuple(state[-1] for state in kept[:states]), kept

    def backward(
        d_output: Tensor, d_h_n: Tensors, *rest: Tensor
    ) -> tuple[Tensor, Tensor, Tensors, Tensors]:
        results = _replay(_backward, derivative, states, (d_output, *d_h_n, *rest))
        return results[0], results[1], results[2 : 2 + states], results[2 + states :]

    return Derivative(forward, backward, derivative.before)


def _forward(derivative: Derivative, states: int, x: Tensor, *rest: Tensor) -> Tensors:
    return derivative.forward(x, rest[:states], *rest[states:])[2]


def _backward(derivative: Derivative, states: int, d_output: Tensor, *rest: Tensor) -> Tensors:
    d_x_side, d_h_side, d_states, d_projection = derivative.backward(
        d_output, rest[:states], *rest[states:]
    )
    return d_x_side, d_h_side, *d_states, *d_projection


class _Like(NamedTuple):
    """What calls must have in common to share a recording."""

    arguments: tuple[tuple[torch.Size, torch.dtype], ...]
    device: torch.device
    stream: torch.Stream
    precision: str


def _replay(
    function: Callable[..., Tensors], derivative: Derivative, states: int, arguments: Tensors
) -> Tensors:
    device, dtype = arguments[0].device, arguments[0].dtype
    like = _Like(
        tuple((a.shape, a.dtype) for a in arguments),
        device,
        torch.cuda.current_stream(device),
        precision_of(dtype),
    )
    with _LOCK:
        fixed, results, run = _recording(function, derivative, states, like)
        for mine, given in zip(fixed, arguments, strict=True):
            mine.copy_(given)
        run()
        # The next replay writes over the results. What is there twice is copied once.
        copies = {id(result): result.clone() for result in results}
    return tuple(copies[id(result)] for result in results)


@lru_cache(maxsize=RECORDINGS)
@torch.inference_mode(False)
def _recording(
    function: Callable[..., Tensors], derivative: Derivative, states: int, like: _Like
) -> tuple[Tensors, Tensors, Callable[[], None]]:
    """Arguments to fill, results to read, and what computes the ones from the others."""
    with torch.no_grad():
        fixed = tuple(
            torch.zeros(shape, dtype=dtype, device=like.device) for shape, dtype in like.arguments
        )
        results, run = record(lambda: function(derivative, states, *fixed), like.device)
    return fixed, results, run


def record(
    function: Callable[[], Tensors], device: torch.device
) -> tuple[Tensors, Callable[[], None]]:
    """Record what a function does on a GPU as a CUDA graph.

    Returns
    -------
    results : tuple of Tensors
        What the function returned; each replay writes new numbers into them.
    replay : callable
        Does again what the function did on the GPU.
    """
    with torch.cuda.device(device):  # of several GPUs, the one whose work is to be recorded
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # libraries set themselves up at their first call
            for _ in range(2):
                function()
        torch.cuda.current_stream().wait_stream(stream)
        recording = torch.cuda.CUDAGraph()
        # A recording back is made in a thread of autograd's: what others do is not its affair.
        with torch.cuda.graph(recording, stream=stream, capture_error_mode="thread_local"):
            results = function()
    return results, recording.replay
