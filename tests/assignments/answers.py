"""The answer files of the assignments, and marks as the real command gives them.

Every file of ``<assignment>/wrong/`` holds a mistake that people make and says in ``LOSES`` which
test cells it must fail, and by how many points. Every file of ``<assignment>/right/`` is an answer
written in another way than the reference. A file defines every function of the assignment that its
functions call, so that it can stand in one submission with other files.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from grading.course import Course

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ASSIGNMENTS = sorted(path.parent.name for path in HERE.glob("*/wrong"))


@dataclass(frozen=True)
class Answer:
    """A file of answers: its functions, each as the text of an answer cell."""

    name: str
    cells: dict[str, str]
    loses: dict[str, float]


def read_file(path: Path) -> Answer:
    text = path.read_text(encoding="utf-8")
    imports, cells, loses = [], {}, {}
    for node in ast.parse(text).body:
        source = ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.FunctionDef):
            cells[node.name] = source
        elif isinstance(node, ast.Assign):
            loses = ast.literal_eval(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(source)
    cells = {name: "\n".join([*imports, source]) for name, source in cells.items()}
    return Answer(f"{path.parent.name}-{path.stem}", cells, loses)


def read_answers_of(assignment: str, kind: str) -> list[Answer]:
    return [read_file(path) for path in sorted((HERE / assignment / kind).glob("*.py"))]


def sources_of_tests(assignment: str) -> dict[str, str]:
    """Return the text of each test cell, hidden tests included, by grade id."""
    solution = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)
    marks = [(cell, cell.metadata.get("nbgrader", {})) for cell in solution.cells]
    return {mark["grade_id"]: cell.source for cell, mark in marks if mark.get("locked")}


def concerned(answer: Answer, tests: dict[str, str]) -> set[str]:
    """Name the test cells that call a function of the answer."""
    called = [f"{name}(" for name in answer.cells]
    return {cell for cell, source in tests.items() if any(call in source for call in called)}


def fits(answer: Answer, together: list[Answer], tests: dict[str, str]) -> bool:
    """Say whether no test cell would see this answer and another one of the same submission."""
    cells = concerned(answer, tests)
    return not any(cells & concerned(other, tests) for other in together)


def lay_course(root: Path, *assignments: str) -> Course:
    """Make a folder a course of its own, with these assignments."""
    for assignment in assignments:
        shutil.copytree(ROOT / "solutions" / assignment, root / "solutions" / assignment)
    for name in ("nbgrader_config.py", "_config.yml"):
        shutil.copy(ROOT / name, root)
    return Course(root)


def grade(course: Course, assignment: str) -> None:
    """Grade what was handed in, as a person at the keyboard does."""
    command = [sys.executable, "-m", "grading", "run", assignment, "--workers", "2"]
    subprocess.run(command, cwd=course.root, check=True)
