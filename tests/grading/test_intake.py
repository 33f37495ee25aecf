"""What a student can do to a file: it is refused with a reason, or mended."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from grading import intake
from grading.intake import Intake, Ungradable, take_in

ANSWER = "def double(x):\n    return x + x"


def hand_in(folder: Path, notebook: NotebookNode | str | bytes, name: str = "tiny.ipynb") -> None:
    if isinstance(notebook, bytes):
        (folder / name).write_bytes(notebook)
    else:
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / name).write_text(text, encoding="utf-8")


def taken(folder: Path, notebook: Any, released: NotebookNode) -> Intake:
    hand_in(folder, notebook)
    return take_in(folder, "tiny.ipynb", released)


def ids(notebook: NotebookNode) -> list[str]:
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return [mark["grade_id"] for mark in marks if "grade_id" in mark]


def find(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.get("id") == grade_id)


@pytest.fixture
def answered(released: NotebookNode) -> NotebookNode:
    notebook = deepcopy(released)
    find(notebook, "double").source = ANSWER
    return notebook


ALL = ["double", "double_visible", "double_hidden", "written"]


def test_a_file_in_order_is_taken_as_it_is(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    result = taken(tmp_path, answered, released)
    assert result.repairs == ()
    assert [cell.source for cell in result.notebook.cells] == [c.source for c in answered.cells]
    nbformat.validate(result.notebook)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is not JSON text"),
        ("Dear teacher,", "is not JSON text"),
        (b"\x00\x01\xff", "is not JSON text"),
        ("[" * 100_000, "is not JSON text"),
        ("[]", "has no 'nbformat'"),
        ('{"cells": []}', "has no 'nbformat'"),
        (
            '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}',
            "not a valid notebook",
        ),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [3]}', "not a valid"),
        ('{"nbformat": "x", "cells": []}', "not a valid notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "is it another one?"),
    ],
)
def test_what_is_no_notebook_is_refused(
    tmp_path: Path, released: NotebookNode, content: str | bytes, reason: str
) -> None:
    with pytest.raises(Ungradable, match=reason.replace("?", r"\?")):
        taken(tmp_path, content, released)


def test_a_notebook_of_another_assignment_is_refused(
    tmp_path: Path, released: NotebookNode
) -> None:
    with pytest.raises(Ungradable, match="none of the cells of this assignment"):
        taken(tmp_path, new_notebook(cells=[new_code_cell("1 + 1")]), released)


def test_a_wrong_name_is_said(tmp_path: Path, released: NotebookNode) -> None:
    hand_in(tmp_path, released, "homework.ipynb")
    with pytest.raises(Ungradable, match=r"no tiny.ipynb; found homework.ipynb: rename it"):
        take_in(tmp_path, "tiny.ipynb", released)


def test_an_empty_folder_is_said(tmp_path: Path, released: NotebookNode) -> None:
    with pytest.raises(Ungradable, match="the folder has no notebook"):
        take_in(tmp_path, "tiny.ipynb", released)


def test_a_link_is_refused(tmp_path: Path, released: NotebookNode) -> None:
    hand_in(tmp_path, released, "other.ipynb")
    (tmp_path / "tiny.ipynb").symlink_to(tmp_path / "other.ipynb")
    with pytest.raises(Ungradable, match="link"):
        take_in(tmp_path, "tiny.ipynb", released)


def test_a_huge_file_is_refused(
    tmp_path: Path, released: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_BYTES", 1000)
    with pytest.raises(Ungradable, match="clear its outputs"):
        taken(tmp_path, released, released)


def test_a_byte_order_mark_does_not_matter(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    text = b"\xef\xbb\xbf" + json.dumps(answered).encode()
    assert taken(tmp_path, text, released).repairs == ()


def test_a_notebook_saved_in_an_older_format_keeps_its_answers(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    """Colab saves 4.0, in which cells have no ids."""
    answered.nbformat_minor = 0
    for cell in answered.cells:
        del cell["id"]
    result = taken(tmp_path, answered, released)
    assert result.repairs == ()
    assert find(result.notebook, "double").source == ANSWER


def test_broken_outputs_do_not_matter(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    find(answered, "double").outputs = [{"output_type": "nonsense"}]
    assert taken(tmp_path, answered, released).repairs == ()


@pytest.mark.parametrize("grade_id", ALL)
def test_of_a_copied_cell_the_last_copy_counts(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode, grade_id: str
) -> None:
    original = find(answered, grade_id)
    earlier = deepcopy(original)
    earlier.source = "# an earlier copy"
    answered.cells.insert(0, earlier)
    result = taken(tmp_path, answered, released)
    assert result.repairs == (f"{grade_id} stood there 2 times: the last one counts.",)
    assert ids(result.notebook) == ALL
    assert find(result.notebook, grade_id).source == original.source
    assert result.notebook.cells[0].source == "# an earlier copy"  # it still runs


@pytest.mark.parametrize("change", ["source", "points", "type", "tags", "mark"])
def test_a_changed_test_cell_is_put_right(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode, change: str
) -> None:
    cell = find(answered, "double_visible")
    if change == "source":
        cell.source = "pass"
    elif change == "points":
        cell.metadata.nbgrader.points = 100
    elif change == "type":
        cell.cell_type = "markdown"
        del cell["outputs"], cell["execution_count"]
    elif change == "tags":
        cell.metadata.tags = ["skip-execution"]
    else:
        cell.metadata.nbgrader.solution = True
    result = taken(tmp_path, answered, released)
    assert result.repairs == ("double_visible had been changed: the original counts.",)
    assert find(result.notebook, "double_visible") == find(released, "double_visible")


def test_an_answer_turned_into_text_runs_again(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    cell = find(answered, "double")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]
    result = taken(tmp_path, answered, released)
    assert find(result.notebook, "double").cell_type == "code"
    assert find(result.notebook, "double").source == ANSWER


@pytest.mark.parametrize("lost", [["double_visible"], ["double_visible", "double_hidden"], ALL[1:]])
def test_lost_tests_are_put_back_in_order(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode, lost: list[str]
) -> None:
    answered.cells = [cell for cell in answered.cells if cell.id not in lost]
    result = taken(tmp_path, answered, released)
    assert ids(result.notebook) == ALL
    assert result.repairs == tuple(f"{name} was missing: it was put back." for name in lost)


def test_an_answer_that_lost_its_mark_is_not_undone_by_its_stub(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    del find(answered, "double").metadata["nbgrader"]
    result = taken(tmp_path, answered, released)
    assert result.repairs == ("double was missing.",)
    assert [cell.source for cell in result.notebook.cells] == [c.source for c in answered.cells]


@pytest.mark.parametrize("mark", [[], "x", {"grade_id": ["double"]}, {"grade_id": "unknown"}, {}])
def test_a_senseless_mark_on_an_own_cell_is_dropped(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode, mark: Any
) -> None:
    answered.cells.append(new_code_cell("1 + 1", metadata={"nbgrader": mark}))
    result = taken(tmp_path, answered, released)
    assert result.repairs == ()
    assert "nbgrader" not in result.notebook.cells[-1].metadata


def test_another_kernel_is_put_right(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    answered.metadata.kernelspec = {"name": "my-env", "display_name": "Mine"}
    assert taken(tmp_path, answered, released).notebook.metadata == released.metadata


def test_the_submitted_file_is_not_touched(
    tmp_path: Path, released: NotebookNode, answered: NotebookNode
) -> None:
    answered.cells.append(deepcopy(answered.cells[-1]))
    hand_in(tmp_path, answered)
    before = (tmp_path / "tiny.ipynb").read_bytes()
    take_in(tmp_path, "tiny.ipynb", released)
    assert (tmp_path / "tiny.ipynb").read_bytes() == before
