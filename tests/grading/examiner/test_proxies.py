"""Stand-ins behave as the functions they stand for, as far as values go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from grading.examiner import codec, proxies, student
from grading.examiner.proxies import global_names, stand_in

LARGEST = 2**20


class Names:
    """What `student` needs of a shell."""

    def __init__(self, **names: Any) -> None:
        self.user_ns = names


def across(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a stand-in whose calls cross as bytes, without the processes."""

    def ask(request: bytes) -> bytes:
        return student._call(Names(f=function), request, LARGEST)[1]  # type: ignore[arg-type]

    return stand_in("f", ask, LARGEST)


def test_values_cross_both_ways() -> None:
    f = across(lambda x, *, scale: (x * scale, {"n": len(x)}))
    doubled, facts = f(torch.arange(3.0), scale=2)
    assert torch.equal(doubled, torch.tensor([0.0, 2.0, 4.0]))
    assert facts == {"n": 3}


def edit(x: Any) -> None:
    if isinstance(x, torch.Tensor | np.ndarray):
        x += 1
    elif isinstance(x, dict):
        x["w"] += 1
        x["new"] = 3
    else:
        x[0] += 1
        x.append("new")


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.zeros(3),
        lambda: torch.zeros(3, requires_grad=True).detach(),
        lambda: np.zeros(3),
        lambda: [torch.zeros(2), 5],
        lambda: {"w": torch.zeros(2)},
    ],
)
def test_edits_in_place_are_seen(make: Callable[[], Any]) -> None:
    here, there = make(), make()
    parts = [here, *(here if isinstance(here, list) else ())]
    edit(here)
    across(edit)(there)
    assert codec.encode(here, exact=True, largest=LARGEST) == codec.encode(
        there, exact=True, largest=LARGEST
    )
    assert parts[0] is here


def test_an_edit_reaches_every_name_of_a_tensor() -> None:
    x = torch.zeros(4)
    row = x[1:3]
    parameters = {"w": row}
    across(edit)(parameters)
    assert torch.equal(x, torch.tensor([0.0, 1.0, 1.0, 0.0]))


def test_a_function_that_changes_the_shape_of_its_input() -> None:
    x = torch.zeros(1, 3)
    across(lambda x: x.squeeze_())(x)
    assert x.shape == (3,)


def test_an_input_left_alone_stays_the_same_object() -> None:
    x = torch.zeros(1).expand(3)  # writing to it would fail
    across(lambda x: x + 1)(x)
    assert torch.equal(x, torch.zeros(3))


@pytest.mark.parametrize("kind", [ValueError, ZeroDivisionError, NotImplementedError, KeyError])
def test_known_errors_keep_their_type(kind: type[Exception]) -> None:
    def fail() -> None:
        raise kind("because")

    with pytest.raises(kind, match="because") as caught:
        across(fail)()
    assert type(caught.value) is kind
    assert caught.value.__notes__[0].startswith("raised by f")


class Own(Exception):
    pass


class Mute(Exception):
    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Own("x"), "Own: x"),
        (SystemExit(0), "SystemExit: 0"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (StopIteration(), "StopIteration"),
        (Mute(), r"an error that cannot be shown"),
        (type("AssertionErr\x1b[2J", (Exception,), {})("\x1b]0;x\x07\u202e" + "y" * 5000), "0;xyy"),
    ],
)
def test_other_errors_are_text(error: BaseException, text: str) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(proxies.StudentError, match=text) as caught:
        across(fail)()
    assert len(str(caught.value)) < 1500
    assert str(caught.value).isprintable()


def test_results_that_cannot_cross() -> None:
    with pytest.raises(
        proxies.StudentError, match="f returned something that cannot be checked: a "
    ):
        across(lambda: {1, 2})()
    with pytest.raises(proxies.StudentError, match=r"returned something that .* a tuple as a key"):
        across(lambda: {(1, 2): 3})()


def test_bytes_that_are_no_value() -> None:
    f = stand_in("f", lambda _: b"nonsense", LARGEST)
    with pytest.raises(proxies.StudentError, match="the answer of f cannot be read: "):
        f()


def test_arguments_that_cannot_cross() -> None:
    with pytest.raises(TypeError, match="the test cannot give f this argument: a set"):
        across(abs)({1})


@pytest.mark.parametrize(
    "answer",
    [(), ("returned",), ("returned", 1, 2), ("returned", 1, ([], {})), ("raised", 1, 2, 3), 5],
)
def test_answers_that_make_no_sense(answer: Any) -> None:
    f = stand_in("f", lambda _: codec.encode(answer, exact=True, largest=LARGEST), LARGEST)
    with pytest.raises(proxies.StudentError, match="makes no sense"):
        f()


@pytest.mark.parametrize(
    ("source", "read", "bound"),
    [
        ("assert f(1) == g", {"f", "g"}, set()),
        ("def g():\n    return f(h)\ng()", {"f", "h"}, {"g"}),
        ("import a.b as c\nfrom d import e\nc(e)", set(), {"c", "e"}),
        ("x = [y for y in z]\nfor i in range(len(x)): print(i)", {"z"}, {"x", "i"}),
        ("def g():\n    global n\n    n = 1\ng(); n", set(), {"g", "n"}),
        ("class C:\n    k = f\n    def m(self): return self, q", {"f", "q"}, {"C"}),
        ("with f() as w:\n    t = (lambda a: a + b)(w)", {"f", "b"}, {"w", "t"}),
        ("await f()", {"f"}, set()),
        ("f = guard(f)\nx = 1\nx = x + 1", {"f", "guard"}, {"x"}),
    ],
)
def test_names(source: str, read: set[str], bound: set[str]) -> None:
    assert global_names(source) == (read, bound)
