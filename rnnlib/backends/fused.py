"""An RNN with its loop over time inside one kernel, written in Triton: fast on a GPU.

Launching a kernel takes a few microseconds, longer than a step's product takes. Here one launch
does all steps of all sequences, packed ones and reversed ones too, and ``W_hh`` is read once. The
kernels are in :mod:`rnnlib.backends.kernels`; what is not the scan is ``bptt``'s: the product of
the inputs before it, and the large products of the gradients after it.

A W_hh that is too large for one program is spread over several by ``group``, whose kernels are in
:mod:`rnnlib.backends.group_kernels`. Its programs wait for one another at every step.

The precision of a float32 product follows the switch of PyTorch's own on a GPU,
``torch.backends.cuda.matmul.fp32_precision``; a bfloat16 product adds up in float32.

Triton must be 3.5 or newer, as it is with PyTorch 2.9: before, no product could have 4 columns.
It compiles for NVIDIA GPUs of compute capability 8.0 on. If ``TRITON_INTERPRET=1`` is set
before Python starts, its interpreter runs the same kernels on a CPU, slowly: to check them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..cells import State, rnn_step
from ..packing import sequence_lengths
from .bptt import Derivative, Tensors, has_derivative, obstacle_to_own_derivative, project, scan

#: The largest H whose W_hh one program can hold, by the dtype of its numbers.
MAX_HIDDEN_SIZE = {torch.float32: 128, torch.bfloat16: 256}
#: The rows of W_hh that one program of a group holds: what matrix units take at least.
PART = 64
#: The largest H of which a group can hold W_hh.
MAX_GROUP_SIZE = {torch.float32: 512, torch.bfloat16: 1024}
#: Layers get units until there are a multiple of these. Then rows of 2 or 4 bytes a number begin at
#: a multiple of 16 bytes, which the GPU fetches at once. Else it would fetch number by number.
MULTIPLE = 16
#: The oldest Triton that compiles the kernels.
OLDEST_TRITON = (3, 5)
#: Starts a kernel: its name, then where the rows lie, whether it is relu, and the tensors.
Launch = Callable[..., None]


def fused(
    step: Callable[..., Any],
    x: Tensor,
    h_0: Tensor,
    weights: Sequence[Tensor],
    *,
    batch_sizes: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Run a tanh or relu RNN over time, each program a tile of the batch.

    Parameters and results are those of :func:`rnnlib.recurrence.recur`.
    """
    return _run(_launch, step, x, h_0, weights, batch_sizes, reverse)


def group(
    step: Callable[..., Any],
    x: Tensor,
    h_0: Tensor,
    weights: Sequence[Tensor],
    *,
    batch_sizes: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Run a tanh or relu RNN over time, each group of programs a tile of the batch.

    Parameters and results are those of :func:`rnnlib.recurrence.recur`.
    """
    return _run(_launch_group, step, x, h_0, weights, batch_sizes, reverse)


def _run(
    launch: Launch,
    step: Callable[..., Any],
    x: Tensor,
    h_0: Tensor,
    weights: Sequence[Tensor],
    batch_sizes: Tensor | None,
    reverse: bool,
) -> tuple[Tensor, State]:
    from ..recurrence import recur  # which imports this package

    sizes = batch_sizes
    if sizes is None:
        sizes = torch.full(x.shape[:1], x.size(1), device="cpu")
    rows = _rows(sizes.numpy().tobytes(), reverse, x.device)
    relu = _nonlinearity(step) is torch.relu
    derivative = Derivative(
        partial(_forward, partial(launch, "forward", rows, relu), rows),
        partial(_backward, partial(launch, "backward", rows, relu), rows),
        lambda h: h[rows.before],
    )
    readable = partial(recur, step, batch_sizes=batch_sizes, reverse=reverse, backend="loop")
    H = h_0.size(-1)
    if H % MULTIPLE == 0:
        return scan(derivative, readable, x, h_0, weights)
    output, h_n = scan(derivative, readable, x, *widened(h_0, weights, -H % MULTIPLE))
    assert isinstance(h_n, Tensor)
    return output[..., :H].contiguous(), h_n[..., :H].contiguous()


def widened(h_0: Tensor, weights: Sequence[Tensor], extra: int) -> tuple[Tensor, list[Tensor]]:
    """Give a layer more units, whose weights are 0: they stay 0, and no other unit hears them.

    Where a state is infinite they do not stay 0, and it becomes NaN one step earlier.

    Parameters
    ----------
    h_0 : Tensor of shape (B, H)
        The state before the first step.
    weights : sequence of Tensors
        W_ih (H, I), W_hh (H, H), and of a layer with biases b_ih and b_hh, each (H).
    extra : int
        How many units more.

    Returns
    -------
    h_0, weights
        As they were given, with H + extra in the place of H.
    """
    W_ih, W_hh, *biases = weights
    return pad(h_0, (0, extra)), [
        pad(W_ih, (0, 0, 0, extra)),
        pad(W_hh, (0, extra, 0, extra)),
        *(pad(bias, (0, extra)) for bias in biases),
    ]


def obstacle(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> str | None:
    """Say what keeps ``fused`` from running this call, or None if it can."""
    return _obstacle(MAX_HIDDEN_SIZE, options, step, x, h_0, weights)


def group_obstacle(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> str | None:
    """Say what keeps ``group`` from running this call, or None if it can."""
    if why := _obstacle(MAX_GROUP_SIZE, group_options, step, x, h_0, weights):
        return why
    programs = -(-len(weights[1]) // PART)
    if room(x.device, programs, len(x))[0] == 0:
        return f"its {programs} programs must run at the same time, and this GPU runs fewer"
    return None


def _obstacle(
    largest: dict[torch.dtype, int],
    sizes: Callable[[int, str], dict[str, int]],
    step: Callable[..., Any],
    x: Tensor,
    h_0: State,
    weights: Sequence[Tensor],
) -> str | None:
    if _nonlinearity(step) is None or not has_derivative(step, len(weights)):
        return "its kernels are those of a tanh or relu RNN"
    W_hh = weights[1]
    if W_hh.dtype not in largest:
        return "its kernels are for float32 and bfloat16"
    if len(W_hh) > largest[W_hh.dtype]:
        name, H = str(W_hh.dtype).removeprefix("torch."), largest[W_hh.dtype]
        return f"W_hh must fit on the chip: in {name} a hidden_size of {H} at most"
    if x.numel() == 0:
        return "it takes no empty batch"
    if x.shape[:-1].numel() >= 2**31:
        return "its kernels number the rows of the input in 32 bits"
    if why := obstacle_on_device(x):
        return why
    if x.is_cuda:
        needed = shared_memory(sizes(len(W_hh), precision_of(W_hh.dtype)), W_hh.itemsize)
        device: Any = torch.cuda.get_device_properties(x.device)
        there = device.shared_memory_per_block_optin
        if needed > there:
            return f"it may take {needed} bytes of shared memory, and this GPU has {there}"
    assert isinstance(h_0, Tensor)
    return obstacle_to_own_derivative((x, h_0, *weights))


def obstacle_on_device(x: Tensor) -> str | None:
    """Say why Triton cannot run kernels where x lies, or None if it can."""
    if not x.is_cuda and os.environ.get("TRITON_INTERPRET") != "1":
        return "Triton compiles for a GPU (TRITON_INTERPRET=1 lets it interpret on a CPU)"
    try:
        from . import kernels
    except ImportError:
        return "Triton is not installed: pip install triton"
    if tuple(map(int, kernels.TRITON.split(".")[:2])) < OLDEST_TRITON:
        return f"its kernels need Triton 3.5 (as with PyTorch 2.9), and this is {kernels.TRITON}"
    if kernels.INTERPRETED:
        return None if x.dtype == torch.float32 else "Triton interprets it in float32 alone"
    if not x.is_cuda:
        return "Triton was imported before TRITON_INTERPRET=1 was set"
    if torch.cuda.get_device_capability(x.device) < (8, 0):
        return "Triton needs a GPU of compute capability 8.0 or more"
    return None


def _nonlinearity(step: Callable[..., Any]) -> Callable[..., Any] | None:
    """tanh or relu, if the step is an RNN's."""
    if not (isinstance(step, partial) and step.func is rnn_step):
        return torch.tanh if step is rnn_step else None
    nonlinearity = step.keywords.get("nonlinearity")
    return nonlinearity if nonlinearity in (torch.tanh, torch.relu) else None


class Rows(NamedTuple):
    """Where the steps of packed sequences lie, on the device.

    The states lie in one tensor (N + B, H): all N rows, and h_0 on that side of them from which
    they are read. A dense batch needs no index, since what belongs together lies together.

    Attributes
    ----------
    lengths : int32 Tensor of shape (B,)
        Steps of each sequence, the longest first.
    starts : int32 Tensor of shape (T,)
        The row at which each time starts.
    reverse : bool
        Whether each sequence is read from its end.
    first, last : slice, or int64 Tensor of shape (B,)
        The row of each sequence's first and last step, in the order in which it is read.
    before : slice, or int64 Tensor of shape (N,)
        Where among the N + B the state before each row's step lies.
    """

    lengths: Tensor
    starts: Tensor
    reverse: bool
    first: slice | Tensor
    last: slice | Tensor
    before: slice | Tensor

    def states_of(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """Take the N rows and h_0 out of the one tensor (N + B, H), as views."""
        B = len(self.lengths)
        return (h[:-B], h[-B:]) if self.reverse else (h[B:], h[:B])


@lru_cache(maxsize=64)  # all layers, both directions and the way back ask for the same
@torch.inference_mode(False)
def _rows(batch_sizes: bytes, reverse: bool, device: torch.device) -> Rows:
    sizes = torch.frombuffer(bytearray(batch_sizes), dtype=torch.int64)  # (T)
    lengths = sequence_lengths(sizes)  # (B)
    starts = sizes.cumsum(0) - sizes  # (T)
    T, B, N = len(sizes), len(lengths), int(sizes.sum())
    ends: slice | Tensor  # where each sequence ends
    before: slice | Tensor
    if sizes[-1] == B:
        ends, before = slice(N - B, N), slice(B, N + B) if reverse else slice(0, N)
    else:
        sequences = torch.arange(B, device="cpu")
        ends = starts[lengths - 1] + sequences
        time = torch.arange(T, device="cpu").repeat_interleave(sizes)  # (N)
        sequence = torch.arange(N, device="cpu") - starts[time]  # (N)
        if reverse:
            after = starts[(time + 1).clamp(max=T - 1)]
            before = torch.where(time < lengths[sequence] - 1, after, N) + sequence
        else:
            before = torch.where(time > 0, starts[time - 1] + B, 0) + sequence
        ends, before = ends.to(device), before.to(device)
    first, last = (ends, slice(0, B)) if reverse else (slice(0, B), ends)
    return Rows(lengths.int().to(device), starts.int().to(device), reverse, first, last, before)


def _forward(
    launch: Launch,
    rows: Rows,
    x: Tensor,
    states: Tensors,
    W_ih: Tensor,
    W_hh: Tensor,
    *biases: Tensor,
) -> tuple[Tensor, Tensors, Tensors]:
    N, B, H = x.shape[:-1].numel(), *states[0].shape
    kept = states[0].new_empty(N + B, H)
    h, h_0 = rows.states_of(kept)
    h_0.copy_(states[0])
    project(x, W_ih, biases[0] + biases[1] if biases else None, out=h)
    launch(h, h_0, W_hh)
    return h.view(*x.shape[:-1], H), (h[rows.last],), (kept,)


def _backward(
    launch: Launch, rows: Rows, d_output: Tensor, d_h_n: Tensors, W_hh: Tensor, kept: Tensor
) -> tuple[Tensor, Tensor, Tensors, Tensors]:
    h, _ = rows.states_of(kept)
    d_z = torch.empty_like(h)
    launch(d_z, d_output, d_h_n[0], W_hh, h)
    return d_z, d_z, (d_z[rows.first] @ W_hh,), ()


def options(H: int, precision: str) -> dict[str, int]:
    """The sizes that a kernel is compiled for.

    Parameters
    ----------
    H : int
        The hidden size.
    precision : str
        Of the products: ``ieee``, ``tf32`` or ``bf16``.

    Returns
    -------
    dict of str to int
        ``TILE_B`` sequences a program, ``TILE_H`` >= H, and ``num_warps`` of 32 threads.
    """
    tile = max(16, 1 << (H - 1).bit_length())  # a power of two, and what a product takes at least
    return {
        # Matrix units take 16 at the price of one. Without them each sequence costs its share.
        "TILE_B": 4 if precision == "ieee" else 16,
        "TILE_H": tile,
        "num_warps": max(4, tile // 16),  # four warps share a product of 64 rows
    }


def group_options(H: int, precision: str) -> dict[str, int]:
    """The sizes that a kernel of a group is compiled for.

    Parameters
    ----------
    H, precision
        As for :func:`options`.

    Returns
    -------
    dict of str to int
        As for :func:`options`, and ``PART``, the units of one program of the group.
    """
    return options(H, precision) | {"PART": PART, "num_warps": 8}


def shared_memory(settings: dict[str, int], itemsize: int) -> int:
    """Bytes of shared memory that a program takes at most, up to compute capability 9.0.

    Parameters
    ----------
    settings : dict of str to int
        As :func:`options` or :func:`group_options` gives them.
    itemsize : int
        Bytes of a number.

    Returns
    -------
    int
        For W_hh, the state, and twice what a step has computed, on its way from one layout to
        another.
    """
    columns, tile = settings["TILE_B"], settings["TILE_H"]
    rows = settings.get("PART", tile)
    return itemsize * (rows * tile + tile * columns) + 2 * 4 * rows * columns


def _arguments(rows: Rows, relu: bool, tensors: Tensors) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the kernels of one program and those of a group take alike."""
    H, precision = tensors[0].size(-1), precision_of(tensors[0].dtype)
    given = *(t.contiguous() for t in tensors), rows.lengths, rows.starts, len(rows.lengths), H
    return given, {
        "RELU": relu,
        "REVERSE": rows.reverse,
        "PRECISION": "ieee" if precision == "ieee" else "tf32",  # bfloat16 knows no other
        "enable_fp_fusion": True,  # Triton's default, which it announces to change
    }


def _launch(name: str, rows: Rows, relu: bool, *tensors: Tensor) -> None:
    """Run a kernel for all tiles of the batch."""
    from . import kernels

    settings = options(tensors[0].size(-1), precision_of(tensors[0].dtype))
    tiles = -(-len(rows.lengths) // settings["TILE_B"])
    given, flags = _arguments(rows, relu, tensors)
    with torch.cuda.device_of(tensors[0]):
        getattr(kernels, name)[(tiles,)](*given, **flags, **settings)


def _launch_group(name: str, rows: Rows, relu: bool, *tensors: Tensor) -> None:
    """Run a kernel for all tiles of the batch, as many at once as the device has room for."""
    from . import group_kernels

    first, H, T = tensors[0], tensors[0].size(-1), len(rows.starts)
    settings = group_options(H, precision_of(first.dtype))
    programs = -(-H // PART)  # of a group
    tiles = -(-len(rows.lengths) // settings["TILE_B"])
    groups, steps = room(first.device, programs, T)
    given, flags = _arguments(rows, relu, tensors)
    counters = torch.zeros(tiles, dtype=torch.int32, device=first.device)
    with torch.cuda.device_of(first):
        for tile in range(0, tiles, groups):
            grid = programs, min(groups, tiles - tile)
            for t in range(0, T, steps):
                getattr(group_kernels, name)[grid](
                    *given,
                    counters,
                    tile,
                    t,
                    t + steps,
                    launch_cooperative_grid=True,
                    **flags,
                    **settings,
                )


def room(device: torch.device, programs: int, T: int) -> tuple[int, int]:
    """How many groups can run at the same time, and how many steps in one launch.

    Parameters
    ----------
    device : torch.device
        Where they run: a GPU, or the CPU for Triton's interpreter.
    programs : int
        Programs of a group.
    T : int
        Steps in all.

    Returns
    -------
    groups, steps : int
        On a GPU, a program for each of its multiprocessors, and all T. The interpreter runs one
        program after the other, so that none can wait for another: one group, and one step.
    """
    if device.type == "cpu":
        return 1, 1
    processors = torch.cuda.get_device_properties(device).multi_processor_count
    return processors // programs, T


def precision_of(dtype: torch.dtype) -> str:
    """ieee, tf32 or bf16: how PyTorch multiplies numbers of this dtype on a GPU."""
    if dtype == torch.bfloat16:
        return "bf16"
    matmul = torch.backends.cuda.matmul
    if hasattr(matmul, "fp32_precision"):  # from PyTorch 2.9 on
        return "tf32" if matmul.fp32_precision == "tf32" else "ieee"
    return "tf32" if matmul.allow_tf32 else "ieee"
