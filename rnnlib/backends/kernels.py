"""The scan of an RNN over time as two Triton kernels: one forward, one backward.

``W_hh`` is the same at each step, and h is all that a step hands to the next. A loop outside the
kernel fetches the one from memory and takes the other there and back at each step. Here the loop is
inside: a program takes a few sequences (a tile of the batch) from their first step to their last,
and W_hh and h stay on the chip.

- The state is kept transposed, h' (H, B), so that a step's product is W_hh @ h': the large side
  comes first. The matrix units of a Hopper GPU work on 64 rows at least but on as few as 8 columns;
  a tile of 16 sequences is enough for them as columns, and would not be as rows.
- What step t + 1 reads from memory is asked for before step t's product, and comes in behind it.
  The row where it lies is a number in memory too: it is asked for one step earlier still.
- Rows are numbered as packed sequences number them: by time, then by sequence, longest first. A
  dense batch is one whose sequences are all equally long. Each program runs to the end of the
  longest sequence of its own tile.

Letters: N rows in all, T steps, B sequences, H = hidden_size; a prime transposes. TILE_B and TILE_H
are powers of two, as Triton wants them; what lies beyond an edge is read as 0 and not written.
This module needs Triton; :mod:`rnnlib.backends.fused` calls it.
"""

# Triton has no types, and need not be installed where types are checked.
# mypy: disable-error-code="import-untyped,import-not-found,no-untyped-def,untyped-decorator"

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def row_of(step, lengths, starts, b, REVERSE: tl.constexpr):
    """The row of N that each of the sequences b reads at a step, or -1 if it reads none: (B)."""
    time = tl.where(REVERSE, lengths - 1 - step, step)  # (B)
    running = (time >= 0) & (time < lengths)
    return tl.where(running, tl.load(starts + time, mask=running, other=0) + b, -1)


@triton.jit
def locate(row, j, H):
    """Where in (N, H) the numbers j of these rows lie, and which of them there are: (H, B)."""
    at = row.to(tl.int64)[None, :] * H + j[:, None]
    return at, (row[None, :] >= 0) & (j[:, None] < H)


@triton.jit
def nonlinearity(a, RELU: tl.constexpr):
    """tanh a, or relu a, which leaves a NaN as it is."""
    return tl.where(a <= 0, 0, a) if RELU else 2 * tl.sigmoid(2 * a) - 1


@triton.jit
def gradient_at_sum(d_h, h, RELU: tl.constexpr):
    """The gradient at a from that at h = tanh a, or relu a: the result tells the slope."""
    return tl.where(h <= 0, 0, d_h) if RELU else d_h * (1 - h * h)


@triton.jit
def forward(
    h,  # (N, H): holds z = x W_ih' + b_ih + b_hh before, and h after
    h_0,  # (B, H)
    W_hh,  # (H, H)
    lengths,  # (B): steps of each sequence, longest first
    starts,  # (T): the row at which each time starts
    B,
    H,
    RELU: tl.constexpr,  # or else tanh
    REVERSE: tl.constexpr,  # read each sequence from its end
    PRECISION: tl.constexpr,  # of a float32 product: ieee or tf32
    TILE_B: tl.constexpr,
    TILE_H: tl.constexpr,
):
    """h_t = tanh(z_t + W_hh h_(t-1)), at each step of the sequences of one tile."""
    b = tl.program_id(0) * TILE_B + tl.arange(0, TILE_B)
    j = tl.arange(0, TILE_H)
    mine = (j[:, None] < H) & (b[None, :] < B)
    W = tl.load(W_hh + j[:, None] * H + j, mask=(j[:, None] < H) & (j < H), other=0)
    state = tl.load(h_0 + b[None, :] * H + j[:, None], mask=mine, other=0)
    length = tl.load(lengths + b, mask=b < B, other=0)

    next_at, next_mask = locate(row_of(0, length, starts, b, REVERSE), j, H)
    next_z = tl.load(h + next_at, mask=next_mask, other=0)
    next_row = row_of(1, length, starts, b, REVERSE)
    for t in range(tl.max(length)):
        at, mask, z = next_at, next_mask, next_z
        next_at, next_mask = locate(next_row, j, H)
        next_z = tl.load(h + next_at, mask=next_mask, other=0)
        next_row = row_of(t + 2, length, starts, b, REVERSE)

        a = tl.dot(W, state, acc=z.to(tl.float32), input_precision=PRECISION)  # (H, B)
        state = nonlinearity(a, RELU).to(W.dtype)
        tl.store(h + at, state, mask=mask)


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
    RELU: tl.constexpr,
    REVERSE: tl.constexpr,
    PRECISION: tl.constexpr,
    TILE_B: tl.constexpr,
    TILE_H: tl.constexpr,
):
    """dz_t = (dh_t + W_hh' dz_(t+1)) (1 - h_t h_t), from the last step to the first.

    dh_t is what comes from outside: from the output, and at a sequence's last step from h_n.
    """
    b = tl.program_id(0) * TILE_B + tl.arange(0, TILE_B)
    j = tl.arange(0, TILE_H)
    mine = (j[:, None] < H) & (b[None, :] < B)
    W = tl.load(W_hh + j * H + j[:, None], mask=(j[:, None] < H) & (j < H), other=0)  # W_hh'
    after = tl.zeros((TILE_H, TILE_B), W.dtype)  # dz of the step after
    length = tl.load(lengths + b, mask=b < B, other=0)
    T = tl.max(length)

    next_at, next_mask = locate(row_of(T - 1, length, starts, b, REVERSE), j, H)
    next_h = tl.load(h + next_at, mask=next_mask, other=0)
    next_d_h = tl.load(d_output + next_at, mask=next_mask, other=0)
    next_row = row_of(T - 2, length, starts, b, REVERSE)
    for back in range(T):
        t = T - 1 - back
        at, mask, h_t, d_h = next_at, next_mask, next_h, next_d_h
        next_at, next_mask = locate(next_row, j, H)
        next_h = tl.load(h + next_at, mask=next_mask, other=0)
        next_d_h = tl.load(d_output + next_at, mask=next_mask, other=0)
        next_row = row_of(t - 2, length, starts, b, REVERSE)
        last = mine & (length == t + 1)[None, :]
        d_end = tl.load(d_h_n + b[None, :] * H + j[:, None], mask=last, other=0)

        d_h = d_h.to(tl.float32) + d_end
        d_h = tl.dot(W, after, acc=d_h, input_precision=PRECISION)  # (H, B)
        after = gradient_at_sum(d_h, h_t.to(tl.float32), RELU).to(W.dtype)
        tl.store(d_z + at, after, mask=mask)


#: Whether Triton interprets the kernels: TRITON_INTERPRET=1 was set when they were defined.
INTERPRETED = not isinstance(forward, triton.JITFunction)
#: The version of Triton.
TRITON: str = triton.__version__
