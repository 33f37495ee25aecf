"""The tasks are those of their papers, and their baselines are what a computation gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnnlib import tasks

SEEDS = st.integers(0, 2**32)
TASKS: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {
    "adding": tasks.adding,
    "copy_memory": tasks.copy_memory,
    "parity": tasks.parity,
}
each_task = pytest.mark.parametrize("name", TASKS)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@each_task
@given(seed=SEEDS)
def test_the_same_seed_gives_the_same_batch(name: str, seed: int) -> None:
    task = TASKS[name]
    torch.manual_seed(0)
    state = torch.get_rng_state()
    once, again, other = (task(20, 8, generator=seeded(s)) for s in (seed, seed, seed + 1))
    assert all(map(torch.equal, once, again))
    assert not torch.equal(once[0], other[0])
    assert torch.equal(torch.get_rng_state(), state)  # the global generator is left alone
    torch.manual_seed(seed)
    assert torch.equal(task(20, 8)[0], once[0])  # without one, the global one is used
    assert not torch.equal(task(20, 8)[0], once[0])


@given(T=st.integers(2, 30), B=st.integers(1, 6), seed=SEEDS)
def test_adding(T: int, B: int, seed: int) -> None:
    x, y = tasks.adding(T, B, generator=seeded(seed))
    assert x.shape == (T, B, 2)
    assert y.shape == (B, 1)
    assert x.dtype == y.dtype == torch.float32
    numbers, marks = x.unbind(2)
    assert ((numbers >= 0) & (numbers < 1)).all()
    half = T // 2
    assert (marks[:half].sum(0) == 1).all()
    assert (marks[half:].sum(0) == 1).all()
    assert ((marks == 0) | (marks == 1)).all()
    for b in range(B):
        assert y[b, 0].item() == pytest.approx(numbers[marks[:, b] == 1, b].sum().item())


def test_adding_marks_every_place_equally_often() -> None:
    x, _ = tasks.adding(7, 40_000, generator=seeded())
    share = x[:, :, 1].mean(1)
    chance = torch.tensor([1 / 3] * 3 + [1 / 4] * 4)
    # Five standard deviations of a count of 40,000.
    assert (share - chance).abs().max() < 5 * math.sqrt(0.25 / 40_000)


def test_adding_baseline() -> None:
    _, y = tasks.adding(10, 200_000, generator=seeded())
    always_one = F.mse_loss(torch.ones_like(y), y).item()
    assert always_one == pytest.approx(tasks.ADDING_BASELINE, rel=0.01)
    assert round(tasks.ADDING_BASELINE, 3) == 0.167  # as in the paper
    # No other constant does better.
    assert all(F.mse_loss(torch.full_like(y, c), y).item() > always_one for c in (0.9, 1.1))


@given(
    T=st.integers(1, 20),
    B=st.integers(1, 4),
    symbols=st.integers(1, 9),
    length=st.integers(1, 12),
    seed=SEEDS,
)
def test_copy_memory(T: int, B: int, symbols: int, length: int, seed: int) -> None:
    x, y = tasks.copy_memory(T, B, symbols=symbols, length=length, generator=seeded(seed))
    blank, go = symbols, symbols + 1
    assert x.shape == y.shape == (T + 2 * length, B)
    assert x.dtype == y.dtype == torch.int64
    shown, waiting, now, answering = torch.split(x, [length, T - 1, 1, length])
    assert ((shown >= 0) & (shown < symbols)).all()
    assert (waiting == blank).all()
    assert (now == go).all()
    assert (answering == blank).all()
    assert (y[: T + length] == blank).all()
    assert torch.equal(y[T + length :], shown)


def test_copy_memory_as_in_the_paper() -> None:
    x, y = tasks.copy_memory(100, 3, generator=seeded())
    assert x.shape == y.shape == (120, 3)
    assert x[:10].max() <= 7
    assert x[109].tolist() == [9, 9, 9]  # the answer begins with the step after
    assert set(x[10:].flatten().tolist()) == {8, 9}
    assert tasks.copy_memory_baseline(100) == pytest.approx(10 * math.log(8) / (100 + 20))


def test_copy_memory_uses_every_symbol_equally_often() -> None:
    x, _ = tasks.copy_memory(1, 8_000, generator=seeded())
    share = x[:10].flatten().bincount() / 80_000
    assert share.shape == (8,)
    assert (share - 1 / 8).abs().max() < 5 * math.sqrt(1 / 8 * 7 / 8 / 80_000)


@given(T=st.integers(1, 20), symbols=st.integers(1, 9), length=st.integers(1, 12), seed=SEEDS)
def test_copy_memory_baseline(T: int, symbols: int, length: int, seed: int) -> None:
    _, y = tasks.copy_memory(T, 2, symbols=symbols, length=length, generator=seeded(seed))
    probability = torch.zeros(T + 2 * length, 2, symbols + 2, dtype=torch.float64)
    probability[: T + length, :, symbols] = 1  # certainly blank
    probability[T + length :, :, :symbols] = 1 / symbols  # any symbol
    loss = F.nll_loss(probability.log().flatten(0, 1), y.flatten())
    baseline = tasks.copy_memory_baseline(T, symbols=symbols, length=length)
    assert loss.item() == pytest.approx(baseline, abs=1e-12)


@given(T=st.integers(1, 30), B=st.integers(1, 6), seed=SEEDS)
def test_parity(T: int, B: int, seed: int) -> None:
    x, y = tasks.parity(T, B, generator=seeded(seed))
    assert x.shape == (T, B, 1)
    assert y.shape == (T, B)
    assert x.dtype == y.dtype == torch.float32
    for b in range(B):
        odd = False
        for t in range(T):
            assert x[t, b, 0] in (0, 1)
            odd ^= bool(x[t, b, 0])
            assert y[t, b] == odd


def test_parity_tells_nothing_without_memory() -> None:
    x, y = tasks.parity(5, 40_000, generator=seeded())
    half = torch.zeros_like(y)  # the logit of 1/2
    loss = F.binary_cross_entropy_with_logits(half, y).item()
    assert loss == pytest.approx(tasks.PARITY_BASELINE)
    tolerance = 5 * math.sqrt(0.25 / 10_000)
    for t in range(1, 5):  # after the first step the bit itself says nothing
        for bit in 0, 1:
            assert abs(y[t, x[t, :, 0] == bit].mean().item() - 0.5) < tolerance
    assert torch.equal(y[0], x[0, :, 0])


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        (tasks.adding, {"T": 1, "B": 3}, "adding got T=1: give at least 2"),
        (tasks.adding, {"T": 4, "B": 0}, "adding got B=0: give at least 1"),
        (tasks.copy_memory, {"T": 0, "B": 3}, "copy_memory got T=0: give at least 1"),
        (tasks.copy_memory, {"T": 1, "B": 1, "symbols": 0}, "got symbols=0: give at least 1"),
        (tasks.copy_memory, {"T": 1, "B": 1, "length": 0}, "got length=0: give at least 1"),
        (tasks.parity, {"T": 0, "B": 1}, "parity got T=0: give at least 1"),
    ],
)
def test_sizes_that_make_no_task_are_refused(
    task: Callable[..., Any], arguments: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        task(**arguments)
