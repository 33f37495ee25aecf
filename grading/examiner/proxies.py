"""Stand-ins for the student's functions, in the process that judges."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grading.examiner import codec

Ask = Callable[[bytes], bytes]  # sends a request to the student's process, returns its answer

# What a student's function may raise, as itself; anything else arrives as a StudentError.
KINDS = {
    kind.__name__: kind
    for kind in (
        *(ArithmeticError, AssertionError, AttributeError, FileNotFoundError, IndexError),
        *(KeyError, LookupError, MemoryError, NameError, NotImplementedError, OSError),
        *(OverflowError, RecursionError, RuntimeError, TypeError, UnboundLocalError),
        *(ValueError, ZeroDivisionError, ImportError, ModuleNotFoundError),
    )
}


class StudentError(Exception):
    """A student's function raised something, or its answer never came."""


def stand_in(
    name: str, ask: Ask, value_bytes: int, forbidden: tuple[str, ...] = ()
) -> Callable[..., Any]:
    """Return a function that has the student's process call the function of this name.

    What the call changes in its arguments is changed in them here too, so that a test can tell
    whether a function leaves its input alone, or works in place as it should. Its method ``forbid``
    is what :func:`rnnlib.check.forbid` asks for: the student's process then looks out for calls
    into those modules. That is advice to the student and no wall; the process is theirs.
    """

    def call(*arguments: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        content = (name, arguments, named, forbidden)
        try:
            request = codec.encode(content, exact=True, largest=value_bytes)
        except codec.CodecError as error:
            raise TypeError(f"the test cannot give {name} this argument: {error}") from None
        try:
            answer = codec.decode(ask(request))
        except codec.CodecError as error:
            raise StudentError(f"the answer of {name} cannot be read: {error}") from None
        match answer:
            case ("returned", result, None):
                return result
            case ("returned", result, (tuple() as after, dict() as named_after)):
                copy_into(arguments, after)
                copy_into(named, named_after)
                return result
            case ("raised", str(kind), str(text), str(where)):
                raise fresh_error(name, kind, text, where)
        raise StudentError(f"the answer of {name} makes no sense")

    def forbid(*modules: str) -> Callable[..., Any]:
        return stand_in(name, ask, value_bytes, forbidden + modules)

    call.__name__ = call.__qualname__ = name
    call.forbid = forbid  # type: ignore[attr-defined]
    return call


def fresh_error(name: str, kind: str, text: str, where: str) -> Exception:
    """Build an exception from text alone; its notes say which function raised it, and where."""
    text = printable(text)
    error: Exception
    if kind in KINDS:
        error = KINDS[kind](text)
    elif kind == "CodecError":
        error = StudentError(f"{name} returned something that cannot be checked: {text}")
    else:
        error = StudentError(f"{printable(kind)}: {text}")
    error.add_note(f"raised by {name}" + (f", {printable(where)}" if where else ""))
    return error


def printable(text: str, longest: int = 1000) -> str:
    """Drop what could act on whoever reads the text in a terminal."""
    kept = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    return kept if len(kept) <= longest else f"{kept[:longest]} ..."


def copy_into(old: Any, new: Any) -> None:
    """Make a tensor, array, list or dict, and all in it, equal to a changed copy of it."""
    if isinstance(old, Tensor) and isinstance(new, Tensor):
        _copy_tensor(old, new.detach())
    elif isinstance(old, np.ndarray) and isinstance(new, np.ndarray) and old.shape == new.shape:
        np.copyto(old, new)
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for old_item, new_item in zip(old, new, strict=True):
            copy_into(old_item, new_item)
    elif isinstance(old, list) and isinstance(new, list):
        pairs = list(zip(old, new, strict=False))
        old[:] = [_updated(*pair) for pair in pairs] + new[len(pairs) :]
    elif isinstance(old, dict) and isinstance(new, dict):
        items = {key: _updated(old.get(key), value) for key, value in new.items()}
        old.clear()
        old.update(items)


def _updated(old: Any, new: Any) -> Any:
    """Return ``old``, changed to ``new``, if it can hold that; else ``new``."""
    if type(old) is not type(new) or not isinstance(old, Tensor | np.ndarray | list | dict):
        return new
    copy_into(old, new)
    return old


def _copy_tensor(old: Tensor, new: Tensor) -> None:
    with torch.no_grad():
        if old.shape == new.shape and old.dtype == new.dtype:
            if not torch.equal(old, new):  # leave it alone, it may be an expanded one
                old.copy_(new)
        else:
            old.data = new


def global_names(source: str) -> tuple[set[str], set[str]]:
    """Return the global names that a cell needs from elsewhere, and those that it sets for good.

    A name that is set from its own old value, as in ``f = check.forbid(f, ...)``, is needed. What a
    cell sets by ``exec`` or by an import with a star is in neither set, and no builtin is needed.
    """
    top = symtable.symtable(source, "<cell>", "exec")
    read, bound = set(), set()
    for table in _tables(top):
        for symbol in table.get_symbols():
            is_global = table is top or symbol.is_global()
            if is_global and (symbol.is_assigned() or symbol.is_imported()):
                bound.add(symbol.get_name())
            elif is_global and symbol.is_referenced():
                read.add(symbol.get_name())
    renewed: set[str] = set()
    before: set[str] = set()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign):
            targets = set().union(*(_names(target) for target in statement.targets))
            renewed |= _names(statement.value) & targets - before
        before |= _names(statement)
    bound -= renewed
    return read - bound - set(dir(builtins)) | renewed, bound


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)
