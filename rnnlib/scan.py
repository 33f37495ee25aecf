"""Linear recurrences without a loop over time: all states of h_t = a_t h_{t-1} + b_t by a scan.

Two steps of such a recurrence are one step of the same kind::

    h_2 = a_2 (a_1 h_0 + b_1) + b_2 = (a_2 a_1) h_0 + (a_2 b_1 + b_2)

So the steps can be joined in pairs, all pairs at the same time, which leaves a recurrence over half
as many steps. After log2(T) such rounds one step is left; as many rounds back fill in the states
between. All of it together is about three times the arithmetic of the loop.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .backends.bptt import transformed


def linear_scan(a: Tensor, b: Tensor, h_0: Tensor | None = None) -> Tensor:
    """Compute all states of h_t = a_t * h_{t-1} + b_t, number by number, in 2 log2(T) rounds.

    Parameters
    ----------
    a, b : Tensors of shape (T, *), floating or complex
        What each step multiplies the state with, and what it adds; ``*`` stands for any axes. Of
        different dtypes, the states are of the one that holds both.
    h_0 : Tensor of shape (*), optional
        The state before the first step; zeros if not given.

    Returns
    -------
    Tensor of shape (T, *)
        The state after each step.

    Raises
    ------
    ValueError
        If `a` and `b` differ in shape or have no axis for time, or `h_0` does not fit them.

    Notes
    -----
    The scan over pairs is that of Blelloch (1990), Prefix sums and their applications; Martin and
    Cundy (2018), Parallelizing linear recurrent neural nets over sequence length, bring it to
    recurrent networks. It never divides, so a product of many small `a` may vanish without harm;
    where it overflows, the states are not finite. The gradient is the same scan, back in time;
    of the way forward it needs `a` and the states. It can be differentiated again. The transforms
    of :mod:`torch.func` cannot look into it, and step through the loop.

    Examples
    --------
    >>> linear_scan(torch.tensor([1.0, 0.5, 0.5]), torch.tensor([8.0, 0.0, 1.0]))
    tensor([8., 4., 3.])
    """
    if a.dim() == 0 or a.shape != b.shape:
        raise ValueError(
            f"linear_scan got a of shape {tuple(a.shape)} and b of shape {tuple(b.shape)}: "
            "give both the same shape, time first."
        )
    dtype = torch.promote_types(a.dtype, b.dtype)
    if h_0 is not None:
        if h_0.shape != a.shape[1:]:
            raise ValueError(
                f"linear_scan got h_0 of shape {tuple(h_0.shape)}: "
                f"expected {tuple(a.shape[1:])}, the shape of one step."
            )
        dtype = torch.promote_types(dtype, h_0.dtype)
    a, b = a.to(dtype), b.to(dtype)
    if h_0 is not None:
        b = torch.cat([torch.addcmul(b[:1], a[:1], h_0.to(dtype)), b[1:]])
    if transformed(a, b):
        return _by_steps(a, b)
    result: Tensor = _Scan.apply(a, b)  # type: ignore[no-untyped-call]
    return result


def _by_steps(a: Tensor, b: Tensor) -> Tensor:
    states = [b[0]] if len(b) else []
    for a_t, b_t in zip(a[1:], b[1:], strict=True):
        states.append(torch.addcmul(b_t, a_t, states[-1]))
    return torch.stack(states) if states else b.clone()


class _Scan(torch.autograd.Function):
    """The scan from a state of zero, and its derivative."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        h = _scan(a, b)
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    def backward(ctx: Any, d_h: Tensor) -> tuple[Tensor, Tensor]:
        a, h = ctx.saved_tensors
        # What arrives at h_t is d_h_t, and a_{t+1} times what arrived at h_{t+1}. The first step
        # of this recurrence starts from zero, so the a that roll brings to its place is not used.
        d_b = linear_scan(a.roll(-1, 0).flip(0).conj(), d_h.flip(0)).flip(0)
        before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
        return d_b * before.conj(), d_b


def _scan(a: Tensor, b: Tensor) -> Tensor:
    T = len(a)
    if T < 2:
        return b.clone()
    paired = T - T % 2
    a_0, b_0 = a[:paired:2], b[:paired:2]  # steps 0, 2, 4, ...
    a_1, b_1 = a[1::2], b[1::2]  # each with the one after it: 1, 3, 5, ...
    odd = _scan(a_1 * a_0, torch.addcmul(b_1, a_1, b_0))
    h = torch.empty_like(b)
    h[0], h[1::2] = b[0], odd
    a_2, b_2 = a[2::2], b[2::2]  # 2, 4, 6, ...: one step on from 1, 3, 5, ...
    torch.addcmul(b_2, a_2, odd[: len(a_2)], out=h[2::2])
    return h
