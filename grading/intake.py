"""Look at a submitted file before nbgrader does: refuse it with a reason, or mend it.

nbgrader trusts the cells it is given. Here each cell of the assignment is laid anew from the
released notebook, with nothing of the student's but the text of the answers, so that no lost,
copied, edited or re-typed cell can cost marks or win them.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

MAX_BYTES = 20_000_000


class Ungradable(Exception):
    """The file cannot be graded; the text says why, in one sentence."""


@dataclass(frozen=True)
class Intake:
    """A notebook that nbgrader can grade.

    Attributes
    ----------
    notebook : NotebookNode
        The student's answers in the cells of the assignment, and their other cells.
    repairs : tuple of str
        What had to be mended, each a sentence; empty for a file in order.
    """

    notebook: NotebookNode
    repairs: tuple[str, ...]


def take_in(folder: Path, name: str, released: NotebookNode) -> Intake:
    """Read and mend one submitted notebook. The file itself is not changed.

    Parameters
    ----------
    folder : Path
        What the student handed in.
    name : str
        The name that the notebook must have, such as ``shapes.ipynb``.
    released : NotebookNode
        The notebook that was given out.

    Returns
    -------
    Intake

    Raises
    ------
    Ungradable
        If there is no such file, or it is not a notebook of this assignment.
    """
    return _mend(_read(_find(folder, name)), released)


def _find(folder: Path, name: str) -> Path:
    path = folder / name
    if path.is_symlink() or folder.is_symlink():
        raise Ungradable(f"{name} is a link to somewhere else: hand in the file itself.")
    if not path.is_file():
        others = sorted(other.name for other in folder.glob("*.ipynb"))
        found = f"found {', '.join(others)}: rename it" if others else "the folder has no notebook"
        raise Ungradable(f"There is no {name}; {found}.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Ungradable(
            f"{name} has {size / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f}: clear its outputs."
        )
    return path


def _read(path: Path) -> NotebookNode:
    """Parse a file as a notebook of the newest format, without its outputs."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise Ungradable(f"{path.name} is not a notebook: it is not JSON text.") from None
    if not isinstance(content, dict) or "nbformat" not in content:
        raise Ungradable(f"{path.name} is not a notebook: its JSON has no 'nbformat'.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbformat mends cell ids by itself
            notebook = nbformat.reads(text, as_version=4)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
            nbformat.validate(notebook)
    except Exception as error:  # a malformed file can set off anything in nbformat
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Ungradable(f"{path.name} is not a valid notebook: {reason}.") from None
    return notebook


def _mend(notebook: NotebookNode, released: NotebookNode) -> Intake:
    """Lay the cells of the assignment anew; the head of this file says why."""
    wanted = {grade_id: cell for cell in released.cells if (grade_id := _grade_id(cell))}
    copies = Counter(_grade_id(cell) for cell in notebook.cells)
    if not wanted.keys() & copies.keys():
        raise Ungradable(
            "The notebook has none of the cells of this assignment: is it another one?"
        )

    cells: list[NotebookNode] = []
    ids: list[str | None] = []  # of `cells`; None for the student's own
    left = copies.copy()
    for number, cell in enumerate(notebook.cells):
        grade_id = _grade_id(cell)
        left[grade_id] -= 1
        if grade_id in wanted and left[grade_id] == 0:  # of several copies the last one counts
            cells.append(_lay_anew(cell, wanted[grade_id]))
            ids.append(grade_id)
        else:
            own = deepcopy(cell)
            own.id = f"own-{number}"
            own.metadata.pop("nbgrader", None)
            cells.append(own)
            ids.append(None)

    # A lost test goes back just before the cell that follows it, so that it sees all the answers
    # that it would have seen. A lost answer stays lost: its stub would undo an answer that has only
    # lost its mark.
    following = len(cells)
    for grade_id, cell in reversed(wanted.items()):
        if grade_id in ids:
            following = ids.index(grade_id)
        elif cell.metadata.nbgrader.grade:
            cells.insert(following, deepcopy(cell))
            ids.insert(following, grade_id)

    mended = new_notebook(cells=cells, metadata=deepcopy(released.metadata))
    return Intake(mended, tuple(_repairs(notebook, wanted, copies)))


def _lay_anew(cell: NotebookNode, original: NotebookNode) -> NotebookNode:
    fresh = deepcopy(original)
    if original.metadata.nbgrader.solution:
        fresh.source = cell.source
    return fresh


def _repairs(
    notebook: NotebookNode, wanted: dict[str, NotebookNode], copies: Counter[str | None]
) -> Iterator[str]:
    """Say what `_mend` had to change, a sentence each."""
    last = {_grade_id(cell): cell for cell in notebook.cells}
    for grade_id, original in wanted.items():
        if not copies[grade_id]:
            graded = original.metadata.nbgrader.grade
            yield f"{grade_id} was missing{': it was put back' if graded else ''}."
            continue
        if copies[grade_id] > 1:
            yield f"{grade_id} stood there {copies[grade_id]} times: the last one counts."
        if _locked_facts(last[grade_id]) != _locked_facts(original):
            yield f"{grade_id} had been changed: the original counts."


def _locked_facts(cell: NotebookNode) -> tuple[Any, ...]:
    """Everything about a cell of the assignment that a student must leave as it is."""
    mark = cell.metadata.nbgrader
    source = None if mark.get("solution") else cell.source.strip()
    return cell.cell_type, mark.get("points"), cell.metadata.get("tags", []), source


def _grade_id(cell: NotebookNode) -> str | None:
    """Return the name that marks a cell of the assignment, or None for any other cell."""
    mark = cell.metadata.get("nbgrader")
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    return grade_id if isinstance(grade_id, str) else None
