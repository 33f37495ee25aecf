"""A small course to try grading on, made from the real assignment ``shapes``."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grading.course import CONFIG_FILE, Course
from grading.release import generate

ASSIGNMENT = "shapes"

# Mistakes that people make; in the feedback each meets a message that says what is wrong.
MISTAKES = {
    "rnn_shapes": """\
def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    D = 2 if bidirectional else 1
    if B is None:
        return (T, D * hidden_size), (num_layers, hidden_size)
    output = (B, T, D * hidden_size) if batch_first else (T, B, D * hidden_size)
    return output, (num_layers, B, hidden_size)""",
    "to_batch_first": """\
def to_batch_first(x):
    return x.reshape(x.shape[1], x.shape[0], x.shape[2])""",
    "last_valid": """\
def last_valid(output, lengths):
    H = output.shape[2] // 2
    return output[-1, :, :H], output[0, :, H:]""",
    "silent_swap": "All shapes fit, so the layer cannot know that I meant something else.",
}


def lay_course(course: Course) -> Course:
    """Make ``demo/`` anew, with five submissions of `ASSIGNMENT`.

    They are: everything right; some answers wrong; nothing answered; a file that is no notebook;
    and everything right, but with one test cell copied.
    """
    course.check_assignment(ASSIGNMENT)
    root = course.root / "demo"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(course.solutions / ASSIGNMENT, root / "solutions" / ASSIGNMENT)
    for name in (CONFIG_FILE, "_config.yml"):
        shutil.copy(course.root / name, root)
    demo = Course(root)
    generate(demo, ASSIGNMENT, demo.exercises, record=False)

    name = f"{ASSIGNMENT}.ipynb"
    released = nbformat.read(demo.exercises / ASSIGNMENT / name, as_version=4)
    answers = read_answers(demo.solutions / ASSIGNMENT / name)
    full = fill_in(released, answers)
    texts = {
        "full": nbformat.writes(full),
        "partial": nbformat.writes(fill_in(released, answers | MISTAKES)),
        "wrong": nbformat.writes(released),
        "not-json": "Dear teacher, my notebook would not open.\n",
        "duplicated": nbformat.writes(_with_a_copied_test(full)),
    }
    for student, text in texts.items():
        folder = demo.folder("submitted", student, ASSIGNMENT)
        folder.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    return demo


def read_answers(solution: Path) -> dict[str, str]:
    """Return the text of each answer cell of an instructor's notebook, by grade id."""
    return {
        cell.metadata.nbgrader.grade_id: "\n".join(
            line for line in cell.source.split("\n") if not line.strip().startswith("### ")
        )
        for cell in nbformat.read(solution, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def fill_in(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Return a copy of the released notebook with some of its answer cells filled in."""
    notebook = deepcopy(released)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(grade_id, cell.source)
    return notebook


def _with_a_copied_test(notebook: NotebookNode) -> NotebookNode:
    """Do what pasting a cell in Jupyter does: all is copied but its id."""
    notebook = deepcopy(notebook)
    at, test = next(
        (at, cell)
        for at, cell in enumerate(notebook.cells)
        if cell.metadata.get("nbgrader", {}).get("locked")
    )
    notebook.cells.insert(at, deepcopy(test))
    notebook.cells[at].id = "pasted"
    return notebook
