"""Checks that teach: a failure says what was found, what was expected, and why.

The test cells of the assignments are written with these functions. They look at values only
(tensors, numbers, strings, tuples and lists), never at how an answer was computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Number
from typing import Any

from torch import Tensor


def expect_items(got: Any, *names: str) -> Sequence[Any]:
    """Check that ``got`` is a tuple or list with one item for each of ``names``.

    Parameters
    ----------
    got : object
        What the function under test returned.
    *names : str
        What the items are, in order; used in the message.

    Returns
    -------
    tuple or list
        ``got`` itself, ready to be unpacked.

    Raises
    ------
    AssertionError
        If ``got`` is not a tuple or list, or holds another number of items.
    """
    wanted = f"expected {len(names)} items: {', '.join(names)}"
    if got is None:
        raise AssertionError(f"the function returned None, {wanted}. Does it end in a `return`?")
    if not isinstance(got, (tuple, list)):
        raise AssertionError(f"the function returned {_describe(got)}, {wanted}")
    if len(got) != len(names):
        raise AssertionError(f"the function returned {len(got)} items, {wanted}")
    return got


def expect_shape(name: str, got: Any, expected: Sequence[int], because: str) -> None:
    """Check a shape, given as a tuple, a list or a ``torch.Size``.

    Parameters
    ----------
    name : str
        What the shape belongs to, such as ``"h_n"``.
    got : object
        The shape under test.
    expected : sequence of int
        The right one.
    because : str
        Why it is the right one, in a few words.

    Raises
    ------
    AssertionError
        If they differ. The message reads
        ``h_n is (1, 4, 3), expected (2, 4, 3): one slice per direction``.
    """
    if isinstance(got, (tuple, list)):
        got = tuple(got)  # a torch.Size would print its name
    if not isinstance(got, tuple) or got != tuple(expected):
        raise AssertionError(f"{name} is {_describe(got)}, expected {tuple(expected)}: {because}")


def expect_equal(name: str, got: Any, expected: Any, because: str) -> None:
    """Check a tensor, a number, a string or None.

    Parameters
    ----------
    name : str
        What the value is, such as ``"the forward half"``.
    got : object
        The value under test.
    expected : Tensor, number, str or None
        The right one. A tensor must agree in shape, dtype and every element.
    because : str
        Why it is the right one, in a few words.

    Raises
    ------
    AssertionError
        If they differ. For tensors the message names the first element that does.
    """
    __tracebackhide__ = True  # IPython then shows one frame of this file at most
    if isinstance(expected, Tensor):
        _expect_tensor(name, got, expected, because)
        return
    kind = Number if isinstance(expected, Number) else type(expected)
    if not isinstance(got, kind) or got != expected:
        raise AssertionError(f"{name} is {_describe(got)}, expected {expected!r}: {because}")


def _expect_tensor(name: str, got: Any, expected: Tensor, because: str) -> None:
    __tracebackhide__ = True
    if not isinstance(got, Tensor):
        raise AssertionError(f"{name} is {_describe(got)}, expected a tensor: {because}")
    expect_shape(f"the shape of {name}", got.shape, expected.shape, because)
    if got.dtype != expected.dtype:
        raise AssertionError(
            f"{name} is of {got.dtype}, expected {expected.dtype}: keep the dtype of the input"
        )
    differ = got != expected
    if differ.any():
        at = tuple(differ.nonzero()[0].tolist())
        where = f"{name}[{', '.join(map(str, at))}]" if at else name
        raise AssertionError(
            f"{where} is {got[at].item():.6g}, expected {expected[at].item():.6g}: {because}"
        )


def _describe(value: Any) -> str:
    """Name a wrong value in a message, without printing a whole tensor."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= 80 else f"a long {type(value).__name__}"


class Score:
    """Add up the points of the parts of a task.

    A part whose checks fail, or whose function raises, earns nothing and says nothing: hidden
    tests use it. nbgrader takes the last value of a test cell as the points earned, so such a cell
    ends in ``score.points``.

    Examples
    --------
    >>> score = Score()
    >>> with score.part(2):
    ...     expect_equal("one and one", 1 + 1, 2, "that is addition")
    >>> with score.part(1):
    ...     expect_equal("two and two", 2 + 2, 5, "it is not")
    >>> score.points
    2
    """

    def __init__(self) -> None:
        self.points = 0

    @contextmanager
    def part(self, points: int) -> Iterator[None]:
        """Add ``points`` if the block under ``with`` raises nothing."""
        try:
            yield
        except Exception:  # whatever the code under test raises
            return
        self.points += points
