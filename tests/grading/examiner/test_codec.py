"""Values cross as exactly their base types, and bytes that `encode` does not write are refused."""

from __future__ import annotations

import math
from collections import OrderedDict, namedtuple
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from grading.examiner import codec
from grading.examiner.codec import CodecError, decode, encode

LARGEST = 2**20
TYPES = {
    *(type(None), bool, int, float, complex, str, list, tuple, dict),
    *(torch.Tensor, torch.dtype, np.ndarray),
}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.sampled_from(list(codec.DTYPES.values()))
)
shapes = st.lists(st.integers(0, 4), max_size=4)
tensors = st.builds(
    lambda shape, dtype, seed: (
        torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 9
    ).to(dtype),
    shapes,
    st.sampled_from(list(codec.DTYPES.values())),
    st.integers(0, 9),
)
arrays = st.builds(
    lambda shape, dtype: np.arange(math.prod(shape)).reshape(shape).astype(dtype),
    shapes,
    st.sampled_from(sorted(codec.ARRAY_DTYPES)),
)
keys = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars | tensors | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a), list(b)) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, torch.Tensor):
        alike = a.dtype == b.dtype and a.shape == b.shape and a.requires_grad == b.requires_grad
        return alike and torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return repr(a) == repr(b)


@given(values, st.booleans())
def test_round_trip(value: Any, exact: bool) -> None:
    assert same(decode(encode(value, exact=exact, largest=LARGEST)), value)


def only_base_types(value: Any) -> bool:
    if isinstance(value, list | tuple):
        inner = list(value)
    else:
        inner = [*value.keys(), *value.values()] if isinstance(value, dict) else []
    return type(value) in TYPES and all(map(only_base_types, inner))


@given(st.binary(max_size=60))
@example(b"l\xff\xff\xff\xff")
@example(b"l\x01\x00\x00\x00" * 10_000)
@example(b"d\x01\x00\x00\x00" + b"l\x00\x00\x00\x00" + b"N")
def test_any_bytes_decode_to_base_types_or_are_refused(data: bytes) -> None:
    try:
        value = decode(data)
    except CodecError:
        return
    assert only_base_types(value)


@given(values, st.data())
def test_damaged_bytes(value: Any, data: st.DataObject) -> None:
    good = bytearray(encode(value, exact=True, largest=LARGEST))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] = data.draw(st.integers(0, 255))
    with suppress(CodecError):
        assert only_base_types(decode(bytes(good)))
    with pytest.raises(CodecError):
        decode(encode(value, exact=True, largest=LARGEST) + b"N")


Pair = namedtuple("Pair", "a b")


class Number(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (Pair(1, 2), (1, 2)),
        (torch.Size([2, 3]), (2, 3)),
        (OrderedDict(a=1), {"a": 1}),
        (Number(4), 4),
        (np.int64(4), 4),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (torch.nn.Parameter(torch.ones(2)), torch.ones(2, requires_grad=True)),
    ],
)
def test_what_derives_from_a_base_type(value: Any, base: Any) -> None:
    assert same(decode(encode(value, exact=False, largest=LARGEST)), base)
    if not isinstance(value, torch.nn.Parameter):
        with pytest.raises(CodecError, match="cannot be checked: use tensors"):
            encode(value, exact=True, largest=LARGEST)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({1, 2}, "a set cannot be checked"),
        (print, "builtin_function_or_method cannot be checked"),
        (torch.zeros(1).expand(10**12), "too large"),
        ("x" * (LARGEST + 1), "too large"),
        (torch.eye(2).to_sparse(), "sparse"),
        (torch.empty(2, device="meta"), "cannot be checked"),
        ([1 << 10**6], "thousands of digits"),
        ([None] * 300_000, "more than 200000 items"),
        ("\ud800", "UTF-8"),
        (np.array(["a"]), "array of <U1 cannot be checked"),
    ],
)
def test_what_cannot_cross(value: Any, reason: str) -> None:
    with pytest.raises(CodecError, match=reason):
        encode(value, exact=False, largest=LARGEST)


def test_endless_nesting() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(CodecError, match="nested too deep"):
        encode(endless, exact=False, largest=LARGEST)


def test_a_tensor_that_is_a_view_arrives_with_its_values() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    single = (x.T[:1, :1], x.flatten()[::3][:1])  # one number, with a stride
    for view in (x.T, x[:, 1], x[None].expand(4, 2, 3), x.to(torch.complex64).conj(), *single):
        assert same(decode(encode(view, exact=True, largest=LARGEST)), view.clone().resolve_conj())


def test_what_arrives_can_be_written_to() -> None:
    for value in (torch.ones(2), np.ones(2), torch.ones(2, dtype=torch.bool)):
        arrived = decode(encode(value, exact=True, largest=LARGEST))
        arrived[0] = 0
        assert arrived[0] == 0
