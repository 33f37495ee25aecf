"""A tiny course, quick to grade: one assignment that needs no library."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.course import Course
from grading.records import Assignment
from grading.release import generate, load_assignment

ROOT = Path(__file__).parents[2]


def mark(cell: NotebookNode, grade_id: str, **facts: Any) -> NotebookNode:
    facts = {"grade": False, "solution": False, "locked": False, "task": False} | facts
    cell.metadata.nbgrader = {"grade_id": grade_id, "schema_version": 3, **facts}
    cell.id = grade_id
    return cell


def tiny_notebook() -> NotebookNode:
    """``double`` (4 points: 1 visible, 3 hidden in two parts) and a written answer (2 points)."""
    answer = """\
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
    hidden = """\
# Hidden tests
### BEGIN HIDDEN TESTS
points = 0
points += 1 if double(0) == 0 else 0
points += 2 if double("very secret") == "very secretvery secret" else 0
points
### END HIDDEN TESTS"""
    cells = [
        new_markdown_cell("# Tiny", id="title"),
        mark(new_code_cell(answer), "double", solution=True),
        mark(
            new_code_cell('assert double(3) == 6, "twice 3 is 6"'),
            "double_visible",
            grade=True,
            locked=True,
            points=1,
        ),
        mark(new_code_cell(hidden), "double_hidden", grade=True, locked=True, points=3),
        mark(new_markdown_cell("A full answer."), "written", grade=True, solution=True, points=2),
    ]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernelspec})


@pytest.fixture(scope="session")
def tiny_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course whose only assignment is ``tiny``, released and without submissions."""
    root = tmp_path_factory.mktemp("course")
    for name in ("nbgrader_config.py", "_config.yml"):
        shutil.copy(ROOT / name, root)
    (root / "solutions" / "tiny").mkdir(parents=True)
    nbformat.write(tiny_notebook(), root / "solutions" / "tiny" / "tiny.ipynb")
    course = Course(root)
    generate(course, "tiny", course.exercises, record=False)
    return course


@pytest.fixture
def released(tiny_course: Course) -> NotebookNode:
    """The tiny notebook as students get it."""
    return nbformat.read(tiny_course.exercises / "tiny" / "tiny.ipynb", as_version=4)


@pytest.fixture(scope="session")
def tiny_loaded(
    tiny_course: Course, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Course, Assignment]:
    """The tiny course with its assignment in a gradebook, and the assignment as workers get it."""
    root = tmp_path_factory.mktemp("loaded") / "course"
    shutil.copytree(tiny_course.root, root)
    return Course(root), load_assignment(Course(root), "tiny")


@pytest.fixture(scope="session")
def tiny(tiny_loaded: tuple[Course, Assignment]) -> Assignment:
    return tiny_loaded[1]


@pytest.fixture
def master(tiny: Assignment) -> NotebookNode:
    """The tiny notebook with its hidden tests."""
    return deepcopy(tiny.master["tiny.ipynb"])


@pytest.fixture
def course(tiny_loaded: tuple[Course, Assignment], tmp_path: Path) -> Course:
    """A tiny course of one's own, with a gradebook, without submissions."""
    shutil.copytree(tiny_loaded[0].root, tmp_path / "course")
    return Course(tmp_path / "course")
