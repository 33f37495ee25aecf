"""Submissions to the tiny course of ``conftest.py``, and what is recorded of them."""

from __future__ import annotations

from pathlib import Path

import nbformat

from grading.course import Course
from grading.demo import fill_in
from grading.records import Question, Record
from grading.writer import Writer

RIGHT = "def double(x):\n    return x + x"


def hand_in(course: Course, student: str, answer: str = RIGHT, written: str = "Twice.") -> Path:
    """Put a submission into a tiny course; return the notebook's path."""
    released = nbformat.read(course.exercises / "tiny" / "tiny.ipynb", as_version=4)
    notebook = fill_in(released, {"double": answer, "written": written})
    path = course.folder("submitted", student, "tiny") / "tiny.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def make_record(
    student: str = "ada",
    *,
    answer: str = "a",
    written: str = "w",
    points: float = 1.0,
    detail: str = "",
) -> Record:
    """What a worker says of a tiny submission: `points` of each test, 0 or 1."""
    questions = (
        Question("tiny.ipynb", "double_visible", points, 1.0, points == 1, detail, 0.1, detail),
        Question("tiny.ipynb", "double_hidden", 3 * points, 3.0, points == 1, "", 0.1, detail),
    )
    return Record(
        student,
        "tiny",
        f"{answer}{written}{points}",
        "graded",
        questions=questions,
        untouched=() if written else ("tiny.ipynb:written",),
        answers={
            "tiny.ipynb:*": answer,
            "tiny.ipynb:double": answer,
            "tiny.ipynb:written": written,
        },
    )


REFUSED = Record("ada", "tiny", "refused", "ungradable", "It is <broken>.")


def write(
    course: Course, record: Record, timestamp: str | None = None, notebook: str = "{}"
) -> Record:
    """Write a record as a run does."""
    files = {"tiny.ipynb": notebook} if record.status != "ungradable" else {}
    with Writer.open(course, "tiny") as writer:
        return writer.write(record, files, timestamp)


def mark_by_hand(
    course: Course, name: str = "written", score: float = 1.5, comment: str | None = "Good."
) -> None:
    """Do what the formgrader does when a score is typed in."""
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(name, "tiny", "tiny", "ada")
        grade.manual_score, grade.needs_manual_grade = score, False
        if comment is not None:
            gradebook.find_comment(name, "tiny", "tiny", "ada").manual_comment = comment
        gradebook.db.commit()
