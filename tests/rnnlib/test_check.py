"""The checks of the assignments: they accept what is right, and say why they refuse the rest."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
import torch

from rnnlib import check


def message(function: Any, *args: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        function(*args)
    return str(caught.value)


@pytest.mark.parametrize("shape", [(2, 4, 3), [2, 4, 3], torch.Size([2, 4, 3])])
def test_a_shape_may_be_a_tuple_a_list_or_a_torch_size(shape: Any) -> None:
    check.expect_shape("h_n", shape, (2, 4, 3), "one slice per direction")


def test_a_wrong_shape_is_named_with_the_right_one_and_the_reason() -> None:
    said = message(check.expect_shape, "h_n", torch.Size([1, 4, 3]), (2, 4, 3), "one per direction")
    assert said == "h_n is (1, 4, 3), expected (2, 4, 3): one per direction"


@pytest.mark.parametrize("got", [None, 12, torch.zeros(2, 4, 3), "(2, 4, 3)"])
def test_what_is_no_shape_is_refused(got: Any) -> None:
    assert "expected (2, 4, 3)" in message(check.expect_shape, "h_n", got, (2, 4, 3), "why")


def test_items_come_back_ready_to_be_unpacked() -> None:
    assert check.expect_items([1, 2], "output", "h_n") == [1, 2]


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "returned None, expected 2 items: output, h_n. Does it end in a `return`?"),
        ((1, 2, 3), "returned 3 items, expected 2 items: output, h_n"),
        (torch.zeros(2, 4), "returned a tensor of shape (2, 4), expected 2 items: output, h_n"),
    ],
)
def test_missing_items_are_said(got: Any, said: str) -> None:
    assert message(check.expect_items, got, "output", "h_n") == f"the function {said}"


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (120, 120),
        (np.int64(120), 120),
        (120.0, 120),
        ("swapped", "swapped"),
        (None, None),
        (torch.tensor([1.5]), torch.tensor([1.5])),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
    ],
)
def test_equal_values_pass(got: Any, expected: Any) -> None:
    check.expect_equal("it", got, expected, "why")


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (121, 120, "it is 121, expected 120: why"),
        ("120", 120, "it is '120', expected 120: why"),
        (torch.tensor(120), 120, "it is a tensor of shape (), expected 120: why"),
        (None, "ok", "it is None, expected 'ok': why"),
        ([0] * 99, torch.zeros(99), "it is a long list, expected a tensor: why"),
        (torch.zeros(2), torch.zeros(3), "the shape of it is (2,), expected (3,): why"),
        (
            torch.zeros(2),
            torch.zeros(2).double(),
            "it is of torch.float32, expected torch.float64: keep the dtype of the input",
        ),
        (
            torch.tensor([[0.0, 1.0], [2.0, 4.0]]),
            torch.tensor([[0.0, 1.0], [2.0, 3.0]]),
            "it[1, 1] is 4, expected 3: why",
        ),
        (torch.tensor(float("nan")), torch.tensor(1.0), "it is nan, expected 1: why"),
    ],
)
def test_different_values_are_named(got: Any, expected: Any, said: str) -> None:
    assert message(check.expect_equal, "it", got, expected, "why") == said


def test_a_score_counts_the_parts_that_pass_and_swallows_what_the_others_raise() -> None:
    score = check.Score()
    for points, outcome in [(1, None), (2, NotImplementedError), (4, AssertionError), (8, None)]:
        with score.part(points):
            if outcome is not None:
                raise outcome
    assert score.points == 9


def test_a_score_lets_an_interrupt_through() -> None:
    """The grader stops a cell that runs too long by interrupting it."""
    with pytest.raises(KeyboardInterrupt), check.Score().part(1):
        raise KeyboardInterrupt


def test_the_example_in_the_docstring_is_true() -> None:
    outcome = doctest.testmod(check)
    assert outcome.attempted > 0
    assert outcome.failed == 0
