"""Checks that teach: a failure says what was found, what was expected, and why.

The test cells of the assignments are written with these functions. They look at values only
(tensors, numbers, strings, tuples and lists), never at how an answer was computed.
"""

from __future__ import annotations

import functools
import importlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral, Number, Real
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor

#: Relative and absolute tolerance of :func:`expect_close`: what the order of a few hundred sums may
#: change, and in float64 less than computing in float32 on the way would.
TOLERANCES = {torch.float32: (1e-5, 1e-6), torch.float64: (1e-9, 1e-10)}

#: The layers and cells of PyTorch, and what they call, which is not written in Python.
LAYERS = "torch.nn.modules.rnn"
LAYERS_IN_C = {
    name + cell for name in ("rnn_tanh", "rnn_relu", "lstm", "gru") for cell in ("", "_cell")
}


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
    if not isinstance(got, tuple) or not _same(got, tuple(expected)):
        alone = "the shape alone, " if isinstance(got, Tensor) else ""
        raise AssertionError(
            f"{name} is {_describe(got)}, expected {alone}{tuple(expected)}: {because}"
        )


def expect_integers(name: str, got: Any) -> list[int]:
    """Check that ``got`` is a list, a tuple, or a tensor or array with one axis, of whole numbers.

    Parameters
    ----------
    name : str
        What the numbers are, such as ``"batch_sizes"``.
    got : object
        The value under test.

    Returns
    -------
    list of int
        The same numbers, ready to be compared with :func:`expect_equal`.

    Raises
    ------
    AssertionError
        If it is something else. 2.0 is not a whole number here: it cannot be an index.
    """
    values = got.tolist() if isinstance(got, (Tensor, np.ndarray)) else got
    if isinstance(values, (tuple, list)):
        # A list may hold tensors without axes: what indexing a tensor gives.
        values = [v.item() if isinstance(v, Tensor) and v.dim() == 0 else v for v in values]
        if all(isinstance(v, Integral) and not isinstance(v, bool) for v in values):
            return [int(v) for v in values]
    raise AssertionError(
        f"{name} is {_describe(got)}, expected whole numbers in a list, or in a tensor of one axis"
    )


def expect_equal(name: str, got: Any, expected: Any, because: str) -> None:
    """Check a tensor, a number, a string, None, or a list of numbers or strings.

    Parameters
    ----------
    name : str
        What the value is, such as ``"the forward half"``.
    got : object
        The value under test.
    expected : Tensor, number, str, None or list
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
    if not isinstance(got, kind) or not _same(got, expected):
        raise AssertionError(f"{name} is {_describe(got)}, expected {expected!r}: {because}")


def expect_close(name: str, got: Any, expected: Tensor | float, because: str) -> None:
    """Check a result of arithmetic, which may differ by rounding.

    Parameters
    ----------
    name : str
        What the value is, such as ``"the gradient"``.
    got : object
        The value under test.
    expected : Tensor of float32 or float64, or float
        The right one. A tensor must agree in shape and dtype. For a float, ``got`` may be any
        number, or a tensor or array without axes.
    because : str
        Why it is the right one, in a few words.

    Raises
    ------
    AssertionError
        If they differ by more than :data:`TOLERANCES`, that of float32 for a float; NaN always
        does. For tensors the message names the first element that differs.
    """
    __tracebackhide__ = True
    if isinstance(expected, Tensor):
        _expect_tensor(name, got, expected, because, TOLERANCES[expected.dtype])
        return
    found = got.item() if isinstance(got, (Tensor, np.ndarray)) and got.ndim == 0 else got
    relative, absolute = TOLERANCES[torch.float32]
    if not isinstance(found, Real) or not math.isclose(
        found, expected, rel_tol=relative, abs_tol=absolute
    ):
        raise AssertionError(f"{name} is {_digits(found)}, expected {expected:.6g}: {because}")


def _expect_tensor(
    name: str,
    got: Any,
    expected: Tensor,
    because: str,
    tolerances: tuple[float, float] = (0.0, 0.0),
) -> None:
    __tracebackhide__ = True
    if not isinstance(got, Tensor):
        raise AssertionError(f"{name} is {_describe(got)}, expected a tensor: {because}")
    expect_shape(f"the shape of {name}", got.shape, expected.shape, because)
    if got.dtype != expected.dtype:
        reason = because if expected.dtype == torch.bool else "keep the dtype of the input"
        raise AssertionError(f"{name} is of {got.dtype}, expected {expected.dtype}: {reason}")
    relative, absolute = tolerances
    differ = ~torch.isclose(got, expected, rtol=relative, atol=absolute)
    if differ.any():
        at = tuple(differ.nonzero()[0].tolist())
        where = f"{name}[{', '.join(map(str, at))}]" if at else name
        raise AssertionError(
            f"{where} is {_digits(got[at].item())}, expected {_digits(expected[at].item())}: "
            f"{because}"
        )


def _same(got: Any, expected: Any) -> bool:
    """Whether two values are equal. Tensors or arrays among them may not tell: then they differ."""
    try:
        return bool(got == expected)
    except (RuntimeError, ValueError):
        return False


def _describe(value: Any) -> str:
    """Name a wrong value in a message, without printing a whole tensor."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= 80 else f"a long {type(value).__name__}"


def _digits(value: Any) -> str:
    """Name an element or a result of arithmetic, without digits that say nothing."""
    return f"{value:.6g}" if isinstance(value, float) else _describe(value)


def forbid(function: Callable[..., Any], *modules: str) -> Callable[..., Any]:
    """Have a function say so when it leaves its task to a library.

    Every call of a Python function of these modules is seen while ``function`` runs, by whatever
    name it was imported, and also if the error that follows is caught; with
    ``torch.nn.modules.rnn`` also that of ``torch.lstm`` and the like, which its layers call. It is
    advice to a learner who took a short cut, and no wall: code that wants to get around it can.

    Parameters
    ----------
    function : callable
        The function under test. One with a method ``forbid`` is asked to do all this itself: a
        stand-in for a function of another process has it, as nothing is to be seen in this one.
    *modules : str
        Names of modules, such as ``"torch.nn.utils.rnn"``. What is imported from elsewhere into
        such a module may be called.

    Returns
    -------
    callable
        Takes and returns what ``function`` does.

    Raises
    ------
    AssertionError
        By the returned callable, after its work, if a function of a forbidden module was called.
        The message reads
        ``pack calls torch.nn.utils.rnn.pad_sequence: write this task yourself, without ...``.
    """
    elsewhere = getattr(function, "forbid", None)
    if elsewhere is not None:
        guarded: Callable[..., Any] = elsewhere(*modules)
        return guarded
    for module in modules:
        importlib.import_module(module)  # or its own top level could be taken for a call
    in_c = LAYERS_IN_C if LAYERS in modules else set()

    @functools.wraps(function)
    def alone(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        seen: list[str] = []

        def watch(frame: FrameType, event: str, called: Any) -> None:
            module = frame.f_globals.get("__name__")
            if module in modules:
                seen.append(f"{module}.{frame.f_code.co_qualname}")
            elif event == "c_call" and (name := getattr(called, "__name__", "")) in in_c:
                seen.append(f"torch.{name}")

        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            result = function(*args, **kwargs)
        except Exception:
            if not seen:  # else the short cut is what to talk about first
                raise
        finally:
            sys.setprofile(before)
        if seen:
            # A decorated function is known by its own name, not by its decorator's.
            named = next((name for name in seen if "<locals>" not in name), seen[0])
            raise AssertionError(
                f"{function.__name__} calls {named}: write this task yourself, "
                f"without {' and '.join(modules)}"
            )
        return result

    return alone


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
