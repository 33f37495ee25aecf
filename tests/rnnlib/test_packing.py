"""Padding and packing against torch.nn.utils.rnn: values, types, gradients, errors."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils import rnn as reference
from torch.nn.utils.rnn import PackedSequence

from rnnlib import packing

zeros = torch.zeros

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=6)
AXES = st.lists(st.integers(1, 3), max_size=2)
DTYPES = st.sampled_from([torch.float64, torch.bfloat16, torch.int64, torch.bool, torch.complex64])


def draw(lengths: list[int], axes: list[int], dtype: torch.dtype = torch.float64) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [(9 * torch.randn(n, *axes, generator=generator)).to(dtype) for n in lengths]


def assert_same(mine: Any, theirs: Any) -> None:
    """Equal in type, value, dtype and shape, through tuples, lists and packed sequences."""
    assert type(mine) is type(theirs)
    if isinstance(theirs, Tensor):
        assert mine.dtype == theirs.dtype
        assert mine.device == theirs.device
        assert torch.equal(mine, theirs)
    elif isinstance(theirs, (tuple, list)):
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            assert_same(a, b)
    else:
        assert mine == theirs


def tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [t for part in value if part is not None for t in tensors(part)]


def assert_same_with_gradients(call: Callable[..., Any], *inputs: Tensor) -> None:
    """``call(module, *inputs)`` gives the same by both modules, and so does backward()."""
    gradients = []
    results = []
    for module in packing, reference:
        leaves = [x.detach().clone().requires_grad_(x.is_floating_point()) for x in inputs]
        # A copy of each, because torch's unpad_sequence changes its input in place.
        results.append(call(module, *(leaf.clone() for leaf in leaves)))
        outputs = [t for t in tensors(results[-1]) if t.requires_grad]
        if outputs:
            sum((t.sin() * t).sum() for t in outputs).backward()  # type: ignore[union-attr]
        gradients.append([leaf.grad for leaf in leaves])
    assert_same(*results)
    assert_same(*gradients)


@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=6),
    axes=AXES,
    dtype=DTYPES,
    batch_first=st.booleans(),
    value=st.sampled_from([0.0, -1.0, 2.5]),
    side=st.sampled_from(["left", "right"]),
)
def test_pad_and_unpad(
    lengths: list[int],
    axes: list[int],
    dtype: torch.dtype,
    batch_first: bool,
    value: float,
    side: str,
) -> None:
    sequences = draw(lengths, axes, dtype)
    assert_same_with_gradients(
        lambda m, *xs: m.pad_sequence(xs, batch_first, value, side), *sequences
    )
    padded = packing.pad_sequence(sequences, batch_first)
    n = torch.tensor(lengths)
    assert_same_with_gradients(lambda m, x: m.unpad_sequence(x, n, batch_first), padded)
    assert_same(packing.unpad_sequence(padded, n, batch_first), sequences)
    mask = packing.length_mask(lengths, batch_first=batch_first)
    assert_same(packing.pad_sequence([zeros(k) == 0 for k in lengths], batch_first), mask)


@given(lengths=LENGTHS, axes=AXES, dtype=DTYPES, sort=st.booleans(), batch_first=st.booleans())
def test_pack(
    lengths: list[int], axes: list[int], dtype: torch.dtype, sort: bool, batch_first: bool
) -> None:
    lengths = sorted(lengths, reverse=True) if sort else lengths
    sequences = draw(lengths, axes, dtype)
    assert_same_with_gradients(lambda m, *xs: m.pack_sequence(xs, sort), *sequences)
    padded = packing.pad_sequence([*sequences, zeros(7, *axes, dtype=dtype)], batch_first)
    padded = padded[:-1] if batch_first else padded[:, :-1]  # longer than the longest
    for n in lengths, torch.tensor(lengths), torch.tensor(lengths, dtype=torch.int32):
        assert_same_with_gradients(
            lambda m, x, n=n: m.pack_padded_sequence(x, n, batch_first, sort), padded
        )


@given(
    lengths=LENGTHS,
    axes=AXES,
    dtype=DTYPES,
    sort=st.booleans(),
    batch_first=st.booleans(),
    value=st.sampled_from([0.0, -1.0]),
    extra=st.none() | st.integers(0, 2),
)
def test_pad_packed_and_unpack(
    lengths: list[int],
    axes: list[int],
    dtype: torch.dtype,
    sort: bool,
    batch_first: bool,
    value: float,
    extra: int | None,
) -> None:
    lengths = sorted(lengths, reverse=True) if sort else lengths
    sequences = draw(lengths, axes, dtype)
    packed = reference.pack_sequence(sequences, sort)
    total = None if extra is None else max(lengths) + extra
    assert_same_with_gradients(
        lambda m, x: m.pad_packed_sequence(packed._replace(data=x), batch_first, value, total),
        packed.data,
    )
    assert_same_with_gradients(lambda m, x: m.unpack_sequence(packed._replace(data=x)), packed.data)
    assert_same(packing.unpack_sequence(packed), sequences)
    assert torch.equal(
        packing.sequence_lengths(packed.batch_sizes),
        torch.tensor(sorted(lengths, reverse=True)),
    )


def test_unpad_leaves_its_input_alone() -> None:
    padded = zeros(3, 2, 4)
    packing.unpad_sequence(padded, torch.tensor([3, 1]))
    assert padded.shape == (3, 2, 4)


def test_mask() -> None:
    assert packing.length_mask([2, 0, 3]).T.tolist() == [[1, 1, 0], [0, 0, 0], [1, 1, 1]]
    assert packing.length_mask(torch.tensor([1]), 3, batch_first=True).tolist() == [[1, 0, 0]]
    assert packing.length_mask([3], 2).tolist() == [[True], [True]]
    assert packing.length_mask([]).shape == (0, 0)
    assert packing.length_mask(torch.ones(2, device="meta"), 4).device.type == "meta"


PACKED = reference.pack_sequence([torch.arange(3.0), torch.arange(2.0)])
META = torch.tensor([1, 1], device="meta")

CALLS: dict[str, Callable[[ModuleType], Any]] = {
    "pad: not iterable": lambda m: m.pad_sequence(3),
    "pad: nothing": lambda m: m.pad_sequence([]),
    "pad: unknown side": lambda m: m.pad_sequence([zeros(2)], padding_side="up"),
    "pad: other features": lambda m: m.pad_sequence([zeros(2, 3), zeros(3, 4)]),
    "pad: fewer axes first": lambda m: m.pad_sequence([zeros(2), zeros(3, 2)]),
    "pad: a string": lambda m: m.pad_sequence("ab"),
    "pad: lists": lambda m: m.pad_sequence([[1, 2]]),
    "pad: device": lambda m: m.pad_sequence([zeros(2), zeros(2, device="meta")]),
    "pack: no steps": lambda m: m.pack_padded_sequence(zeros(0, 2, 3), [1, 1]),
    "pack: 1-D": lambda m: m.pack_padded_sequence(zeros(3), [1]),
    "pack: 1-D, to sort": lambda m: m.pack_padded_sequence(zeros(3), [1], enforce_sorted=False),
    "pack: lengths 2-D": lambda m: m.pack_padded_sequence(zeros(3, 2), torch.ones(1, 2)),
    "pack: lengths 0-D": lambda m: m.pack_padded_sequence(zeros(3, 2), 1),
    "pack: lengths elsewhere": lambda m: m.pack_padded_sequence(zeros(3, 2), META),
    "pack: few lengths": lambda m: m.pack_padded_sequence(zeros(3, 2), [1]),
    "pack: no lengths": lambda m: m.pack_padded_sequence(zeros(3, 2), []),
    "pack: many lengths": lambda m: m.pack_padded_sequence(zeros(3, 2), [1, 1, 1]),
    "pack: batch first": lambda m: m.pack_padded_sequence(zeros(3, 2), [1, 1], True),
    "pack: length 0": lambda m: m.pack_padded_sequence(zeros(3, 2), [1, 0]),
    "pack: length 0 first": lambda m: m.pack_padded_sequence(zeros(3, 2), [0, 1]),
    "pack: length 0, to sort": lambda m: m.pack_padded_sequence(zeros(3, 2), [0, 1], False, False),
    "pack: length -1": lambda m: m.pack_padded_sequence(zeros(3, 2), [1, -1]),
    "pack: not sorted": lambda m: m.pack_padded_sequence(zeros(3, 2), [1, 2]),
    "pack: letters": lambda m: m.pack_padded_sequence(zeros(3, 2), ["a", "b"]),
    "pack_sequence: nothing": lambda m: m.pack_sequence([]),
    "pack_sequence: not sorted": lambda m: m.pack_sequence([zeros(2), zeros(3)]),
    "pack_sequence: length 0": lambda m: m.pack_sequence([zeros(2), zeros(0)]),
    "pack_sequence: 0-D": lambda m: m.pack_sequence([zeros(())]),
    "pack_sequence: lists": lambda m: m.pack_sequence([[1, 2]]),
    "pad_packed: too short": lambda m: m.pad_packed_sequence(PACKED, total_length=2),
    "unpad: few lengths": lambda m: m.unpad_sequence(zeros(3, 2), torch.tensor([1])),
    "unpad: many lengths": lambda m: m.unpad_sequence(zeros(3, 2), torch.tensor([1, 2, 3])),
}


def outcome(call: Callable[[], Any]) -> tuple[type, str]:
    with pytest.raises(Exception) as caught:  # noqa: PT011, whatever torch raises
        call()
    return caught.type, str(caught.value)


@pytest.mark.parametrize("name", CALLS)
def test_the_same_mistake_gets_the_same_answer(name: str) -> None:
    call = CALLS[name]
    assert outcome(lambda: call(packing)) == outcome(lambda: call(reference))


def test_a_length_beyond_the_input_is_refused() -> None:
    # PyTorch returns batch_sizes that sum up to 6, for data of 5 rows.
    broken = reference.pack_padded_sequence(zeros(3, 2), [4, 2])
    assert len(broken.data) < broken.batch_sizes.sum()
    with pytest.raises(RuntimeError, match=r"no length beyond the 3 steps .* but found 4"):
        packing.pack_padded_sequence(zeros(3, 2), [4, 2])


def test_a_packed_sequence_is_torchs_own() -> None:
    packed = packing.pack_sequence([zeros(2), zeros(3)], enforce_sorted=False)
    assert type(packed) is PackedSequence
    assert packed.batch_sizes.tolist() == [2, 2, 1]
    assert packed.sorted_indices is not None
    assert packed.sorted_indices.tolist() == [1, 0]
