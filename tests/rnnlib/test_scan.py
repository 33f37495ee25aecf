"""The parallel scan against the loop that it replaces: states, gradients, rounds, memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode

from rnnlib.scan import linear_scan

STEPS = st.integers(1, 40)
AXES = st.lists(st.integers(0, 3), max_size=2)
DTYPES = st.sampled_from([torch.float64, torch.complex128])
SEEDS = st.integers(0, 2**16)


def draw(T: int, axes: list[int], dtype: torch.dtype, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = (T, *axes), (T, *axes), tuple(axes)
    a, b, h_0 = (torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes)
    return a, b, h_0


def loop(a: Tensor, b: Tensor, h_0: Tensor | None = None) -> Tensor:
    h = torch.zeros_like(b[0]) if h_0 is None else h_0
    states = []
    for a_t, b_t in zip(a, b, strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states)


@given(T=STEPS, axes=AXES, dtype=DTYPES, start=st.booleans(), seed=SEEDS)
def test_states_and_gradients_are_those_of_the_loop(
    T: int, axes: list[int], dtype: torch.dtype, start: bool, seed: int
) -> None:
    inputs = [t.requires_grad_() for t in draw(T, axes, dtype, seed)[: 3 if start else 2]]
    expected, found = loop(*inputs), linear_scan(*inputs)
    torch.testing.assert_close(found, expected)
    d_h = torch.randn(found.shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(
        torch.autograd.grad(found, inputs, d_h), torch.autograd.grad(expected, inputs, d_h)
    )


@given(T=STEPS, cut=st.integers(0, 40), seed=SEEDS)
def test_a_stream_in_two_pieces_gives_the_same_states(T: int, cut: int, seed: int) -> None:
    a, b, h_0 = draw(T, [2], torch.float64, seed)
    whole = linear_scan(a, b, h_0)
    cut = min(cut, T)
    first = linear_scan(a[:cut], b[:cut], h_0)
    second = linear_scan(a[cut:], b[cut:], first[-1] if cut else h_0)
    torch.testing.assert_close(torch.cat([first, second]), whole)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_derivatives_of_both_orders_by_differences(dtype: torch.dtype) -> None:
    inputs = [t.requires_grad_() for t in draw(5, [2], dtype, seed=0)]
    assert torch.autograd.gradcheck(linear_scan, inputs)
    assert torch.autograd.gradgradcheck(linear_scan, inputs)


@pytest.mark.parametrize("T", [1, 5])
@pytest.mark.parametrize(
    "dtypes",
    [
        (torch.complex128, torch.float64, torch.float64),
        (torch.float64, torch.complex128, torch.float64),
        (torch.float64, torch.float32, torch.float32),
        (torch.float32, torch.float32, torch.float64),
    ],
    ids=str,
)
def test_of_different_dtypes_the_result_holds_all(T: int, dtypes: tuple[torch.dtype, ...]) -> None:
    inputs = [
        t.to(dtype).requires_grad_()
        for t, dtype in zip(draw(T, [2], torch.float64, seed=0), dtypes, strict=True)
    ]
    expected, found = loop(*inputs), linear_scan(*inputs)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found.abs().sum(), inputs),
        torch.autograd.grad(expected.abs().sum(), inputs),
    )


def test_transforms() -> None:
    a, b, h_0 = draw(5, [2], torch.float64, seed=0)
    expected = torch.autograd.functional.jacobian(loop, (a, b, h_0))
    torch.testing.assert_close(torch.func.jacrev(linear_scan, (0, 1, 2))(a, b, h_0), expected)
    torch.testing.assert_close(torch.func.jacfwd(linear_scan, (0, 1, 2))(a, b, h_0), expected)
    found = torch.autograd.functional.jacobian(linear_scan, (a, b, h_0), vectorize=True)
    torch.testing.assert_close(found, expected)
    batch = torch.vmap(linear_scan, in_dims=(None, 1, None), out_dims=1)
    torch.testing.assert_close(batch(a, b[:, None], h_0)[:, 0], loop(a, b, h_0))


def test_no_steps() -> None:
    empty = torch.zeros(0, 3)
    assert linear_scan(empty, empty, torch.ones(3)).shape == (0, 3)


def test_long_sequences_of_small_gates_lose_nothing() -> None:
    """A closed form that divides by the product of all gates would give nan here."""
    generator = torch.Generator().manual_seed(0)
    a = torch.rand(10_000, 4, generator=generator)
    b = torch.randn(10_000, 4, generator=generator)
    torch.testing.assert_close(linear_scan(a, b), loop(a.double(), b.double()).float())


class Count(TorchDispatchMode):
    """Products made, and the numbers in them."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = self.numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket in (torch.ops.aten.mul, torch.ops.aten.addcmul):
            self.calls += 1
            self.numbers += result.numel()
        return result


def test_rounds_grow_with_the_logarithm_and_work_with_the_length() -> None:
    for doublings in (4, 9):
        T = 2**doublings
        ones = torch.ones(T, 3)
        with Count() as count:
            linear_scan(ones, ones)
        assert count.calls == 3 * doublings  # two products to join pairs, one to fill in
        assert count.numbers < 3 * T * 3


def test_keeps_a_and_the_states_for_the_way_back_and_nothing_else() -> None:
    a, b, _ = (t.requires_grad_() for t in draw(64, [3], torch.float64, seed=0))
    kept: list[Tensor] = []
    with saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):  # type: ignore[func-returns-value]
        h = linear_scan(a, b)
    assert sorted(t.data_ptr() for t in kept) == sorted([a.data_ptr(), h.data_ptr()])


@pytest.mark.parametrize("T", [1, 7])
def test_inputs_stay_as_they_are_also_when_the_result_is_changed(T: int) -> None:
    inputs = draw(T, [2], torch.float64, seed=0)[:2]
    before = [t.clone() for t in inputs]
    linear_scan(*inputs).zero_()
    assert all(torch.equal(t, old) for t, old in zip(inputs, before, strict=True))


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (((), ()), "time first"),
        (((3, 2), (3,)), r"a of shape \(3, 2\) and b of shape \(3,\)"),
        (((3, 2), (3, 2), (3,)), r"h_0 of shape \(3,\): expected \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit(shapes: tuple[tuple[int, ...], ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        linear_scan(*(torch.zeros(shape) for shape in shapes))
