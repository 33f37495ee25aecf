"""Turn what a student handed in into a notebook that can be graded, or refuse it with a reason.

A grader that trusts the cells it is given can be cheated, and can be stopped by an accident. Here
each cell of the assignment is laid anew from the instructor's notebook, with nothing of the
student's but the text of the answers, so that no lost, copied, edited or re-typed cell can cost
marks or win them.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from nbformat import NotebookNode, from_dict

from grading.collect import MAX_BYTES, Ungradable, is_archive, notebooks_in

MAX_CELLS = 5_000
MAX_VALUES = 2_000_000  # in the JSON text: each becomes an object of up to 64 bytes
NAMED = 5  # files in a sentence
PICTURES = ("image/png", "image/jpeg", "image/gif")

__all__ = ["Intake", "Ungradable", "take_in"]


@dataclass(frozen=True)
class Intake:
    """A notebook that can be graded.

    Attributes
    ----------
    notebook : NotebookNode
        The student's answers in the cells of the assignment, and their other cells. Hidden tests
        are in their places.
    repairs : tuple of str
        What had to be mended, each a sentence; empty for a file in order.
    untouched : tuple of str
        The answer cells that are as they were given out.
    """

    notebook: NotebookNode
    repairs: tuple[str, ...]
    untouched: tuple[str, ...]


@dataclass(frozen=True)
class _Cell:
    """What is read of a student's cell; the rest of it does not matter."""

    kind: str
    source: str
    mark: dict[str, Any] = field(default_factory=dict)
    tags: Any = None
    attachments: dict[str, Any] = field(default_factory=dict)

    @property
    def grade_id(self) -> str | None:
        """The name that marks a cell of the assignment; None for any other cell."""
        grade_id = self.mark.get("grade_id")
        return grade_id if isinstance(grade_id, str) else None


def take_in(
    files: dict[str, bytes], name: str, released: NotebookNode, master: NotebookNode
) -> Intake:
    """Find, read and mend one notebook of a submission.

    Parameters
    ----------
    files : dict of str to bytes
        What was handed in, as :func:`grading.collect.collect` reads it.
    name : str
        The name that the notebook must have, such as ``shapes.ipynb``.
    released : NotebookNode
        The notebook that was given out.
    master : NotebookNode
        The same with the hidden tests in it.

    Raises
    ------
    Ungradable
        If no notebook of this assignment, or more than one, can be found in the files.
    """
    given = {grade_id for cell in released.cells if (grade_id := _mark(cell).get("grade_id"))}
    path, cells = _find(files, name, given)
    intake = _mend(cells, released, master)
    if path == name:
        return intake
    renamed = f"{path} was taken for {name}."
    return Intake(intake.notebook, (renamed, *intake.repairs), intake.untouched)


def _find(files: dict[str, bytes], name: str, given: set[str]) -> tuple[str, list[_Cell]]:
    """Choose the notebook: by its name, or else as the only one with cells of the assignment."""
    if name in files:
        cells = _read(name, files[name])
        if not given & {cell.grade_id for cell in cells}:
            raise Ungradable(f"{name} has none of the cells of this assignment: is it another one?")
        return name, cells
    candidates = {path: data for path, data in files.items() if not is_archive(path)}
    room = MAX_BYTES  # for all archives together
    for path, data in files.items():
        if is_archive(path):
            inside = notebooks_in(path, data, room)
            room -= sum(map(len, inside.values()))
            candidates |= {f"{path}/{member}": content for member, content in inside.items()}
    if not candidates:
        raise Ungradable(f"There is no {name}, and no notebook in {_named(files)}.")
    by_name = {p: data for p, data in candidates.items() if PurePosixPath(p).name == name}
    read: dict[str, list[_Cell]] = {}
    seen: set[bytes] = set()
    first_reason: Ungradable | None = None
    for path, data in (by_name or candidates).items():
        if data in seen:  # the same file twice is no question
            continue
        seen.add(data)
        try:
            cells = _read(path, data)
        except Ungradable as reason:
            first_reason = first_reason or reason
            continue
        if given & {cell.grade_id for cell in cells}:
            read[path] = cells
    if len(read) == 1:
        return read.popitem()
    if read:
        raise Ungradable(f"There is more than one notebook: {_named(read)}. Hand in one.")
    if first_reason is not None:
        raise first_reason
    raise Ungradable(
        f"There is no {name}, and {_named(candidates)} has none of the cells of this assignment."
    )


def _named(files: Iterable[str]) -> str:
    first, rest = sorted(files)[:NAMED], sorted(files)[NAMED:]
    return ", ".join(first) + (f" and {len(rest)} more" if rest else "")


def _read(path: str, content: bytes) -> list[_Cell]:
    """Parse the cells of a notebook, of whatever version of the format."""
    if sum(content.count(mark) for mark in (b",", b"{", b"[")) > MAX_VALUES:
        raise Ungradable(f"{path} holds too many values: clear the outputs of the notebook.")
    try:
        # Not strict: control characters in a text are no reason to lose its marks.
        notebook = json.loads(content.rstrip(b"\0") or b"", strict=False)
    except (ValueError, RecursionError, MemoryError):
        try:
            notebook = json.loads(content, strict=False)  # UTF-16 may end in a zero byte
        except (ValueError, RecursionError, MemoryError):
            raise Ungradable(f"{path} is not a notebook: it is not JSON text.") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict):  # version 3 of the format
        sheets = notebook.get("worksheets")
        first = sheets[0] if isinstance(sheets, list) and sheets else None
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        raise Ungradable(f"{path} is not a notebook: its JSON has no list of 'cells'.")
    if len(cells) > MAX_CELLS:
        raise Ungradable(f"{path} has {len(cells)} cells, more than {MAX_CELLS}.")
    return [_read_cell(cell) for cell in cells if isinstance(cell, dict)]


def _read_cell(cell: dict[str, Any]) -> _Cell:
    source = cell.get("source", cell.get("input"))  # version 3 says input
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    mark, kind, pictures = metadata.get("nbgrader"), cell.get("cell_type"), cell.get("attachments")
    return _Cell(
        kind if kind in ("code", "markdown") else "raw",
        _clean(source) if isinstance(source, str) else "",
        mark if isinstance(mark, dict) else {},
        metadata.get("tags"),
        dict(_pictures(pictures)) if isinstance(pictures, dict) else {},
    )


def _clean(text: str) -> str:
    """Take out what is no text: zero bytes and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _pictures(attachments: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the pictures that were pasted into a text."""
    for name, kinds in attachments.items():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if kind in PICTURES and isinstance(data, str) and is_base64(data):
                yield _clean(name), {kind: data}


def is_base64(text: str) -> bool:
    """Whether a text is base64 and nothing else, so that it can stand in a page."""
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return False
    return True


def _mend(own: list[_Cell], released: NotebookNode, master: NotebookNode) -> Intake:
    """Lay the cells of the assignment anew; the head of this file says why."""
    originals = {_mark(cell)["grade_id"]: cell for cell in released.cells if _mark(cell)}
    fresh = {_mark(cell)["grade_id"]: cell for cell in master.cells if _mark(cell)}
    copies = Counter(cell.grade_id for cell in own)

    cells: list[NotebookNode] = []
    ids: list[str | None] = []  # of `cells`; None for the student's own
    left = copies.copy()
    for number, cell in enumerate(own):
        grade_id = cell.grade_id
        left[grade_id] -= 1
        if grade_id in fresh and left[grade_id] == 0:  # of several copies the last one counts
            cells.append(_lay_anew(cell, fresh[grade_id]))
            ids.append(grade_id)
        else:
            cells.append(_own_cell(cell, number))
            ids.append(None)

    # What is lost goes back just before the cell that follows it, so that a test sees all the
    # answers that it would have seen. A lost answer stays lost: its stub would undo an answer that
    # has only lost its mark.
    following = len(cells)
    for grade_id, original in reversed(fresh.items()):
        if grade_id in ids:
            following = ids.index(grade_id)
        elif _goes_back(original):
            cells.insert(following, deepcopy(original))
            ids.insert(following, grade_id)

    # A test must not come before what the instructor sets for it: it would take the student's.
    locked = [grade_id for grade_id, cell in fresh.items() if not _mark(cell)["solution"]]
    moved = [grade_id for grade_id in ids if grade_id in locked] != locked
    if moved:
        cells = _in_order(cells, ids, list(fresh))

    by_id = {cell.grade_id: cell for cell in own}
    untouched = tuple(
        grade_id
        for grade_id, original in originals.items()
        if _mark(original)["solution"]
        and (grade_id not in by_id or by_id[grade_id].source.strip() == original.source.strip())
    )
    notebook = from_dict(
        {
            "cells": cells,
            "metadata": deepcopy(master.metadata),
            "nbformat": master.nbformat,
            "nbformat_minor": master.nbformat_minor,
        }
    )
    repairs = [*_repairs(by_id, originals, copies)]
    if moved:
        repairs.append("Tests stood in another order: that of the assignment counts.")
    return Intake(notebook, tuple(repairs), untouched)


def _goes_back(original: NotebookNode) -> bool:
    """Whether a cell is put back if it is lost: all but an answer that no mark hangs on."""
    mark = _mark(original)
    return bool(mark["grade"] or mark.get("task") or not mark["solution"])


def _in_order(
    cells: list[NotebookNode], ids: list[str | None], order: list[str]
) -> list[NotebookNode]:
    """Put the cells of the assignment in order; the student's own follow the one they followed."""
    blocks: dict[str | None, list[NotebookNode]] = {None: []}  # None: before all of them
    block = blocks[None]
    for cell, grade_id in zip(cells, ids, strict=True):
        if grade_id is not None:
            block = blocks[grade_id] = []
        block.append(cell)
    return [cell for grade_id in (None, *order) for cell in blocks.get(grade_id, [])]


def _own_cell(cell: _Cell, number: int) -> NotebookNode:
    """Keep the text of a cell that is the student's own; its metadata could say anything."""
    laid: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": f"own-{number}",
        "metadata": {},
        "source": cell.source,
    }
    if cell.kind == "code":
        laid |= {"outputs": [], "execution_count": None}
    elif cell.attachments:
        laid |= {"attachments": cell.attachments}
    return from_dict(laid)


def _lay_anew(cell: _Cell, original: NotebookNode) -> NotebookNode:
    fresh = deepcopy(original)
    if _mark(original)["solution"]:
        fresh.source = cell.source
        if fresh.cell_type == "markdown" and cell.attachments:
            fresh.attachments = from_dict(cell.attachments)
    return fresh


def _repairs(
    own: dict[str | None, _Cell], originals: dict[str, NotebookNode], copies: Counter[str | None]
) -> Iterator[str]:
    """Say what `_mend` had to change, a sentence each."""
    for grade_id, original in originals.items():
        mark = _mark(original)
        if not copies[grade_id]:
            yield f"{grade_id} was missing{': it was put back' if _goes_back(original) else ''}."
            continue
        if copies[grade_id] > 1:
            yield f"{grade_id} stood there {copies[grade_id]} times: the last one counts."
        cell = own[grade_id]
        if (
            cell.kind != original.cell_type
            or cell.mark.get("points") != mark.get("points")
            or (cell.tags or []) != original.metadata.get("tags", [])
            or (not mark["solution"] and cell.source.strip() != original.source.strip())
        ):
            yield f"{grade_id} had been changed: the original counts."


def _mark(cell: NotebookNode) -> dict[str, Any]:
    """Return nbgrader's metadata of an instructor's cell; empty for a cell that has none."""
    mark: dict[str, Any] = cell.metadata.get("nbgrader", {})
    return mark
