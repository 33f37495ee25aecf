"""One layer in one direction over time: what lies between a layer and a backend.

Most backends know only a dense input that runs forward in time. The two functions here reduce the
other cases to that one: a reversed direction is a reversed input, and a packed batch is a row of
dense blocks, in each of which the same number of sequences is still running.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor

from .backends import ANY_ORDER, BACKENDS, Step, choose
from .cells import State, each
from .packing import sequence_lengths


def recur(
    step: Step,
    x: Tensor,
    h_0: State,
    weights: Sequence[Tensor],
    *,
    batch_sizes: Tensor | None = None,
    reverse: bool = False,
    backend: str = "auto",
) -> tuple[Tensor, State]:
    """Run one cell over time.

    Parameters
    ----------
    step : callable
        The cell's equation, ``step(x_t, state, *weights) -> state``.
    x : Tensor of shape (T, B, I), or (N, I) if packed
        The input. Packed data holds the N steps of all sequences, by time and then by sequence.
    h_0 : Tensor of shape (B, H), or for an LSTM a tuple of two
        The state before the first step that is read.
    weights : sequence of Tensors
        What ``step`` takes after the state.
    batch_sizes : int64 Tensor of shape (T,) on the CPU, optional
        For packed data, how many sequences are still running at each time; never increases.
    reverse : bool
        Read each sequence from its own end to its start. The output stays in the input's order.
    backend : str
        A name in :data:`rnnlib.backends.BACKENDS`, or ``"auto"`` for the fastest that can.

    Returns
    -------
    output : Tensor of shape (T, B, H), or (N, H) if packed
        The state at each time; of an LSTM only h.
    h_n : Tensor of shape (B, H), or for an LSTM a tuple of two
        Each sequence's state after the last step that was read.
    """
    name = choose(backend, step, x, h_0, weights)
    scan = BACKENDS[name]
    if name in ANY_ORDER:
        return scan(step, x, h_0, weights, batch_sizes=batch_sizes, reverse=reverse)
    if batch_sizes is None:
        output, h_n = scan(step, x.flip(0) if reverse else x, h_0, weights)
        return output.flip(0) if reverse else output, h_n

    order = reversed_rows(batch_sizes).to(x.device) if reverse else slice(None)
    x = x[order]
    state = h_0
    blocks, finished, start = [], [], 0
    for B, times in groupby(batch_sizes.tolist()):
        stop = start + B * len(list(times))
        finished.append(each(lambda h, B=B: h[B:], state))  # have ended: keep their last state
        state = each(lambda h, B=B: h[:B], state)
        block, state = scan(step, x[start:stop].unflatten(0, (-1, B)), state, weights)
        blocks.append(block.flatten(0, 1))  # (T_block, B, H) -> (T_block * B, H)
        start = stop
    output = torch.cat(blocks)  # (N, H)
    # The sequences lie longest first, so the states that were kept last come first.
    h_n = each(lambda *h: torch.cat(h), state, *reversed(finished))  # (B, H)
    return output[order], h_n


def reversed_rows(batch_sizes: Tensor) -> Tensor:
    """Find the order of packed rows in which each sequence runs from its end to its start.

    Parameters
    ----------
    batch_sizes : int64 Tensor of shape (T,)
        How many sequences are running at each time.

    Returns
    -------
    int64 Tensor of shape (N,)
        ``data[rows]`` is the reversed data; applied twice it is the identity.

    Examples
    --------
    Two sequences, a of three steps and b of one, are packed as ``a0 b0 a1 a2``.

    >>> reversed_rows(torch.tensor([2, 1, 1]))  # a2 b0 a1 a0
    tensor([3, 1, 2, 0])
    """
    first_row = batch_sizes.cumsum(0) - batch_sizes  # (T) where each time starts
    device = batch_sizes.device
    time = torch.arange(len(batch_sizes), device=device).repeat_interleave(batch_sizes)  # (N)
    sequence = torch.arange(len(time), device=device) - first_row[time]  # (N)
    lengths = sequence_lengths(batch_sizes)  # (B)
    return first_row[lengths[sequence] - 1 - time] + sequence
