"""The scan of an RNN whose W_hh no single program can hold, as two Triton kernels.

Several programs share a tile of the batch: a group. Each holds the rows of W_hh of its own part of
the units, and computes these units' new state. For that it needs the whole state before, so at each
step the group goes through memory: each writes its part, all wait for one another, each reads the
whole. All programs of a launch must therefore run at the same time, which a cooperative launch
guarantees.

What is not said here is as in :mod:`rnnlib.backends.kernels`. K stands for H where it is summed
over.
"""

# Triton has no types, and need not be installed where types are checked.
# mypy: disable-error-code="import-untyped,import-not-found,no-untyped-def,untyped-decorator"

from __future__ import annotations

import triton
import triton.language as tl

from .kernels import gradient_at_sum, locate, nonlinearity, row_of


@triton.jit
def meet(counter, arrivals):
    """Wait until programs have come here so many times in all; what they wrote can then be read."""
    tl.debug_barrier()  # every thread of this program has written
    tl.atomic_add(counter, 1, sem="release")
    while tl.atomic_add(counter, 0, sem="acquire") < arrivals:
        pass
    tl.debug_barrier()  # no thread of this program reads before


@triton.jit
def forward(
    h,  # (N, H): z before, h after
    h_0,  # (B, H)
    W_hh,  # (H, H)
    lengths,  # (B)
    starts,  # (T)
    B,
    H,
    counters,  # one for each tile, 0 before
    first_tile,
    first,  # step
    end,  # the step before which to stop
    RELU: tl.constexpr,
    REVERSE: tl.constexpr,
    PRECISION: tl.constexpr,
    TILE_B: tl.constexpr,
    TILE_H: tl.constexpr,
    PART: tl.constexpr,  # units of one program
):
    """h_t = tanh(z_t + W_hh h_(t-1)), for a part of the units of one tile."""
    tile = first_tile + tl.program_id(1)
    b = tile * TILE_B + tl.arange(0, TILE_B)
    j = tl.program_id(0) * PART + tl.arange(0, PART)
    k = tl.arange(0, TILE_H)
    W = tl.load(W_hh + j[:, None] * H + k, mask=(j[:, None] < H) & (k < H), other=0)
    length = tl.load(lengths + b, mask=b < B, other=0)
    end = tl.minimum(end, tl.max(length))

    row_before = row_of(first - 1, length, starts, b, REVERSE)
    next_row = row_of(first + 1, length, starts, b, REVERSE)
    next_at, next_mask = locate(row_of(first, length, starts, b, REVERSE), j, H)
    next_z = tl.load(h + next_at, mask=next_mask, other=0)
    for t in range(first, end):
        at, mask, z = next_at, next_mask, next_z
        if t == 0:
            there = (k[:, None] < H) & (b[None, :] < B)
            state = tl.load(h_0 + b[None, :] * H + k[:, None], mask=there, other=0)  # (K, B)
        else:  # past the cache beside the processor, which others' writing does not reach
            before, running = locate(row_before, k, H)
            state = tl.load(h + before, mask=running, other=0, cache_modifier=".cg")
        next_at, next_mask = locate(next_row, j, H)
        next_z = tl.load(h + next_at, mask=next_mask, other=0)
        a = tl.dot(W, state, acc=z.to(tl.float32), input_precision=PRECISION)  # (PART, B)
        tl.store(h + at, nonlinearity(a, RELU).to(W.dtype), mask=mask)
        # The next step's rows are asked for here, so that they come in while this one waits.
        row_before = row_of(t, length, starts, b, REVERSE)
        next_row = row_of(t + 2, length, starts, b, REVERSE)
        if t + 1 < end:
            meet(counters + tile, tl.num_programs(0) * (t + 1 - first))


@triton.jit
def backward(
    d_z,  # (N, H): out
    d_output,  # (N, H)
    d_h_n,  # (B, H)
    W_hh,  # (H, H)
    h,  # (N, H)
    lengths,  # (B)
    starts,  # (T)
    B,
    H,
    counters,
    first_tile,
    first,  # step, counted from the last of the tile
    end,
    RELU: tl.constexpr,
    REVERSE: tl.constexpr,
    PRECISION: tl.constexpr,
    TILE_B: tl.constexpr,
    TILE_H: tl.constexpr,
    PART: tl.constexpr,
):
    """dz_t = (dh_t + W_hh' dz_(t+1)) (1 - h_t h_t), for a part of the units of one tile."""
    tile = first_tile + tl.program_id(1)
    b = tile * TILE_B + tl.arange(0, TILE_B)
    j = tl.program_id(0) * PART + tl.arange(0, PART)
    k = tl.arange(0, TILE_H)
    W = tl.load(W_hh + k * H + j[:, None], mask=(j[:, None] < H) & (k < H), other=0)  # of W_hh'
    length = tl.load(lengths + b, mask=b < B, other=0)
    T = tl.max(length)
    end = tl.minimum(end, T)

    row_after = row_of(T - first, length, starts, b, REVERSE)
    next_row = row_of(T - 2 - first, length, starts, b, REVERSE)
    next_at, next_mask = locate(row_of(T - 1 - first, length, starts, b, REVERSE), j, H)
    next_h = tl.load(h + next_at, mask=next_mask, other=0)
    next_d_h = tl.load(d_output + next_at, mask=next_mask, other=0)
    for back in range(first, end):
        t = T - 1 - back
        at, mask, h_t, d_h = next_at, next_mask, next_h, next_d_h
        at_after, running = locate(row_after, k, H)  # (K, B)
        after = tl.load(d_z + at_after, mask=running, other=0, cache_modifier=".cg")
        next_at, next_mask = locate(next_row, j, H)
        next_h = tl.load(h + next_at, mask=next_mask, other=0)
        next_d_h = tl.load(d_output + next_at, mask=next_mask, other=0)
        last = (length == t + 1)[None, :] & (j[:, None] < H)
        d_end = tl.load(d_h_n + b[None, :] * H + j[:, None], mask=last, other=0)

        d_h = d_h.to(tl.float32) + d_end
        d_h = tl.dot(W, after, acc=d_h, input_precision=PRECISION)  # (PART, B)
        d_a = gradient_at_sum(d_h, h_t.to(tl.float32), RELU)
        tl.store(d_z + at, d_a.to(W.dtype), mask=mask)
        # The next step's rows are asked for here, so that they come in while this one waits.
        row_after = row_of(t, length, starts, b, REVERSE)
        next_row = row_of(t - 2, length, starts, b, REVERSE)
        if back + 1 < end:
            meet(counters + tile, tl.num_programs(0) * (back + 1 - first))
