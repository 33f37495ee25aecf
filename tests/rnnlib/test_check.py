"""The checks of the assignments: they accept what is right, and say why they refuse the rest."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

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


@pytest.mark.parametrize(
    "got", [None, 12, "(2, 4, 3)", (2, torch.tensor([4, 3])), (2, torch.tensor([4, 3]), 3)]
)
def test_what_is_no_shape_is_refused(got: Any) -> None:
    assert "expected (2, 4, 3)" in message(check.expect_shape, "h_n", got, (2, 4, 3), "why")


def test_a_tensor_in_place_of_its_shape_is_told_apart() -> None:
    said = message(check.expect_shape, "h_n", torch.zeros(2, 4, 3), (2, 4, 3), "why")
    assert said == ("h_n is a tensor of shape (2, 4, 3), expected the shape alone, (2, 4, 3): why")


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
        (torch.tensor([True, False]), torch.tensor([True, False])),
        (torch.tensor([7]), torch.tensor([7])),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
        ([3, 1], [3, 1]),
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
        (torch.tensor([True]), torch.tensor([False]), "it[0] is True, expected False: why"),
        (torch.ones(2), torch.ones(2) > 0, "it is of torch.float32, expected torch.bool: why"),
        ([3, 2], [3, 1], "it is [3, 2], expected [3, 1]: why"),
        ((3, 1), [3, 1], "it is (3, 1), expected [3, 1]: why"),
        ([torch.tensor([3, 1])], [3], "it is [tensor([3, 1])], expected [3]: why"),
        ([np.array([3, 1])], [3], "it is [array([3, 1])], expected [3]: why"),
    ],
)
def test_different_values_are_named(got: Any, expected: Any, said: str) -> None:
    assert message(check.expect_equal, "it", got, expected, "why") == said


def test_a_tensor_that_differs_by_less_than_float32_shows_is_not_equal() -> None:
    once = torch.tensor([1.0], dtype=torch.float64)
    assert message(check.expect_equal, "it", once + 1e-15, once, "why").startswith("it[0] is 1,")


@pytest.mark.parametrize(
    "got",
    [
        [3, 1],
        (3, 1),
        torch.tensor([3, 1]),
        torch.tensor([3, 1], dtype=torch.uint8),
        np.array([3, 1]),
        [torch.tensor(3), np.int64(1)],
    ],
)
def test_whole_numbers_may_come_as_a_list_a_tensor_or_an_array(got: Any) -> None:
    numbers = check.expect_integers("batch_sizes", got)
    assert numbers == [3, 1]
    assert [type(number) for number in numbers] == [int, int]


@pytest.mark.parametrize(
    "got",
    [
        None,
        3,
        "31",
        [3.0, 1.0],
        torch.tensor([3.0, 1.0]),
        torch.tensor([[3], [1]]),
        torch.tensor(3),
        torch.tensor([True]),
        [True],
        [[3], [1]],
        [torch.tensor([3])],
    ],
)
def test_what_cannot_be_indices_is_refused(got: Any) -> None:
    said = message(check.expect_integers, "batch_sizes", got)
    assert said.startswith("batch_sizes is ")
    assert said.endswith("expected whole numbers in a list, or in a tensor of one axis")


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (torch.tensor([1 + 4e-6]), torch.tensor([1.0])),
        (torch.tensor([5e-7]), torch.tensor([0.0])),
        (torch.tensor([1 + 4e-10]).double(), torch.tensor([1.0]).double()),
        (torch.tensor([float("inf")]), torch.tensor([float("inf")])),
        (torch.ones(1, requires_grad=True), torch.ones(1)),
        (2.5 + 1e-6, 2.5),
        (np.float32(2.5), 2.5),
        (np.array(2.5), 2.5),
        (torch.tensor(2.5, requires_grad=True), 2.5),
        (0, 0.0),
    ],
)
def test_results_that_differ_by_rounding_pass(got: Any, expected: Any) -> None:
    check.expect_close("it", got, expected, "why")


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (torch.tensor([1.0, 1.001]), torch.ones(2), "it[1] is 1.001, expected 1: why"),
        (torch.tensor([float("nan")]), torch.zeros(1), "it[0] is nan, expected 0: why"),
        (torch.ones(2), torch.ones(3), "the shape of it is (2,), expected (3,): why"),
        (None, torch.ones(3), "it is None, expected a tensor: why"),
        (1 / 3, 0.5, "it is 0.333333, expected 0.5: why"),
        (float("nan"), 0.5, "it is nan, expected 0.5: why"),
        (torch.tensor([0.5]), 0.5, "it is a tensor of shape (1,), expected 0.5: why"),
        ("0.5", 0.5, "it is '0.5', expected 0.5: why"),
        (None, 0.5, "it is None, expected 0.5: why"),
        (1j, 0.5, "it is 1j, expected 0.5: why"),
    ],
)
def test_results_that_differ_by_more_are_named(got: Any, expected: Any, said: str) -> None:
    assert message(check.expect_close, "it", got, expected, "why") == said


@pytest.mark.parametrize("function", [torch.tanh, torch.sigmoid, lambda x: (x * x).mean(0)])
def test_float64_by_way_of_float32_is_not_close(function: Callable[[Tensor], Tensor]) -> None:
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    check.expect_close("it", function(x), function(x), "why")
    said = message(check.expect_close, "it", function(x.float()).double(), function(x), "why")
    assert "expected" in said


ALONE = ("torch.nn.utils.rnn", "rnnlib.packing")


def by_an_alias(x: Tensor) -> Tensor:
    return pad_sequence([x, x])


def by_the_module(x: Tensor) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence([x, x])


def inside_a_call(x: Tensor) -> Tensor:
    return torch.stack([by_an_alias(x) for _ in range(2)])


def by_the_class(x: Tensor) -> Tensor:
    return torch.nn.utils.rnn.PackedSequence(x, torch.tensor([len(x)])).data


def by_the_course(x: Tensor) -> Tensor:
    from rnnlib.packing import pad_sequence

    return pad_sequence([x, x])


def in_secret(x: Tensor) -> Tensor:
    try:
        return torch.nn.utils.rnn.pad_sequence([])  # raises
    except RuntimeError:
        return x


def wrongly(x: Tensor) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence([])  # raises


@pytest.mark.parametrize(
    ("function", "called"),
    [
        (by_an_alias, "torch.nn.utils.rnn.pad_sequence"),
        (by_the_module, "torch.nn.utils.rnn.pad_sequence"),
        (inside_a_call, "torch.nn.utils.rnn.pad_sequence"),
        (by_the_class, "torch.nn.utils.rnn.PackedSequence.__new__"),
        (by_the_course, "rnnlib.packing.pad_sequence"),
        (in_secret, "torch.nn.utils.rnn.pad_sequence"),
        (wrongly, "torch.nn.utils.rnn.pad_sequence"),
    ],
)
def test_a_forbidden_call_is_seen_by_whatever_way(
    function: Callable[[Tensor], Tensor], called: str
) -> None:
    said = message(check.forbid(function, *ALONE), torch.zeros(3, 2))
    assert said == (
        f"{function.__name__} calls {called}: write this task yourself, "
        "without torch.nn.utils.rnn and rnnlib.packing"
    )


@pytest.mark.parametrize("name", ["rnn_tanh_cell", "rnn_relu", "lstm_cell", "gru"])
def test_the_layers_of_pytorch_are_seen_where_they_are_not_python(name: str) -> None:
    def short_cut() -> None:
        getattr(torch, name)(None)  # raises

    said = message(check.forbid(short_cut, "torch.nn.modules.rnn"))
    assert said.startswith(f"short_cut calls torch.{name}: write this task yourself")
    with pytest.raises(TypeError):
        check.forbid(short_cut, "torch.nn.utils.rnn")()


def test_only_what_is_forbidden_is_refused() -> None:
    x = torch.zeros(3, 2)
    assert check.forbid(by_an_alias, "rnnlib.packing")(x).shape == (3, 2, 2)
    assert check.forbid(by_the_course, "torch.nn.utils.rnn")(x).shape == (3, 2, 2)


def test_a_guarded_function_does_what_it_does_alone() -> None:
    def stack(*tensors: Tensor, dim: int = 0) -> Tensor:
        return torch.stack(tensors, dim)

    x = torch.arange(3.0)
    guarded = check.forbid(stack, *ALONE)
    assert torch.equal(guarded(x, x, dim=1), stack(x, x, dim=1))
    assert guarded.__name__ == "stack"
    with pytest.raises(TypeError, match="dim"):
        guarded(x, dim="a")


def test_a_layer_may_be_run_where_packing_is_forbidden() -> None:
    """torch.nn.RNN asks whether its input is packed; that is not a call."""
    layer = torch.nn.RNN(2, 3)
    output, _ = check.forbid(lambda x: layer(x), *ALONE)(torch.zeros(4, 1, 2))
    assert output.shape == (4, 1, 3)


def test_the_watch_ends_with_the_call_and_gives_back_what_it_found() -> None:
    def watch(*_: Any) -> None: ...

    def interrupted() -> None:
        by_an_alias(torch.zeros(1))
        raise KeyboardInterrupt

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        check.forbid(lambda: None, *ALONE)()
        after_success = sys.getprofile()
        message(check.forbid(by_an_alias, *ALONE), torch.zeros(1))
        after_refusal = sys.getprofile()
        with pytest.raises(KeyboardInterrupt):  # the grader's, which must not be swallowed
            check.forbid(interrupted, *ALONE)()
        after_interrupt = sys.getprofile()
    finally:
        sys.setprofile(before)
    assert after_success is after_refusal is after_interrupt is watch
    assert by_an_alias(torch.zeros(1)).shape == (1, 2)


def test_a_misspelt_module_is_an_error_of_the_test() -> None:
    with pytest.raises(ModuleNotFoundError):
        check.forbid(by_an_alias, "torch.nn.utils.packing")


def test_a_stand_in_for_a_function_elsewhere_is_asked_to_watch_there() -> None:
    asked = []

    def stand_in(x: int) -> int:
        raise AssertionError("called without a watch")

    def forbid(*modules: str) -> Callable[[int], int]:
        asked.append(modules)
        return lambda x: x + 1

    stand_in.forbid = forbid  # type: ignore[attr-defined]
    assert check.forbid(stand_in, *ALONE)(2) == 3
    assert asked == [ALONE]


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


def test_forbid_names_a_decorated_function_itself() -> None:
    def clip(parameters: list[torch.nn.Parameter]) -> None:
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)

    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.ones(2)
    with pytest.raises(AssertionError, match=r"clip calls torch\.nn\.utils\.clip_grad\.clip_grad_"):
        check.forbid(clip, "torch.nn.utils.clip_grad")([weight])
