"""Grade the submissions of an assignment, one after the other, by nbgrader's own pipeline.

A file that cannot be graded is recorded as such, with the reason, and the batch goes on.
"""

from __future__ import annotations

import glob
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from grading.course import Course, CourseError
from grading.intake import Ungradable, take_in
from grading.pipeline import run
from grading.release import generate


@dataclass(frozen=True)
class Result:
    """What became of one submission.

    Attributes
    ----------
    score : float or None
        Points so far; None if it could not be graded.
    max_score : float
        Points of the whole assignment, those given by hand included.
    needs_manual : bool
        Whether a person has still to read an answer.
    status : str
        "graded", "repaired" (graded after a repair) or "ungradable".
    reason : str
        What was repaired, or why it could not be graded.
    """

    student: str
    assignment: str
    score: float | None
    max_score: float
    needs_manual: bool
    status: str
    reason: str = ""


def submissions(course: Course, assignment: str, students: list[str] | None = None) -> list[str]:
    """Name the students who handed in something for an assignment.

    Parameters
    ----------
    course : Course
    assignment : str
    students : list of str, optional
        Only these.

    Raises
    ------
    CourseError
        If there is no such assignment, or nothing was handed in for it.
    """
    course.check_assignment(assignment)
    found = sorted(path.parent.name for path in course.submitted.glob(f"*/{assignment}"))
    missing = sorted(set(students or []) - set(found))
    if missing or not found:
        who = f" by {', '.join(missing)}" if missing else ""
        raise CourseError(
            f"Nothing was handed in for {assignment}{who}: "
            f"put notebooks at submitted/<student>/{assignment}/."
        )
    return [student for student in found if students is None or student in students]


def grade(course: Course, assignment: str, students: list[str]) -> Iterator[Result]:
    """Grade and write feedback; yield one result for each student, in order.

    Parameters
    ----------
    course : Course
    assignment : str
    students : list of str
        As `submissions` returns them.

    Raises
    ------
    CourseError
        If the assignment itself cannot be set up.
    """
    with tempfile.TemporaryDirectory() as scratch:
        released, staged = Path(scratch, "released"), Path(scratch, "submitted")
        generate(course, assignment, released, record=True)
        originals = {
            path.name: nbformat.read(path, as_version=4)
            for path in sorted(released.glob(f"{assignment}/*.ipynb"))
        }
        for student in students:
            yield _grade_one(course, assignment, student, originals, staged)


def _grade_one(
    course: Course,
    assignment: str,
    student: str,
    originals: dict[str, NotebookNode],
    staged: Path,
) -> Result:
    for step in ("autograded", "feedback"):  # of an earlier run
        shutil.rmtree(course.folder(step, student, assignment), ignore_errors=True)
    try:
        repairs = _stage(course, assignment, student, originals, staged)
        _autograde(course, assignment, student, staged)
    except Ungradable as reason:
        with course.gradebook() as gradebook:
            max_score = gradebook.find_assignment(assignment).max_score
            with suppress(MissingEntry):  # no earlier score may stand for a file that has none
                gradebook.remove_submission(assignment, student)
        return Result(student, assignment, None, max_score, False, "ungradable", str(reason))
    with course.gradebook() as gradebook:
        graded = gradebook.find_submission(assignment, student)
        return Result(
            student,
            assignment,
            graded.score,
            graded.max_score,
            graded.needs_manual_grade,
            "repaired" if repairs else "graded",
            " ".join(repairs),
        )


def _stage(
    course: Course,
    assignment: str,
    student: str,
    originals: dict[str, NotebookNode],
    staged: Path,
) -> list[str]:
    """Copy what nbgrader shall see of a submission, mended, into ``staged``; return the repairs.

    Nothing else comes along: a file beside the notebook could stand in for a library.
    """
    if glob.has_magic(student):
        raise Ungradable(f"nbgrader takes the folder name {student} for a pattern: rename it.")
    source = course.folder("submitted", student, assignment)
    target = staged / student / assignment
    target.mkdir(parents=True)
    repairs: list[str] = []
    for name, original in originals.items():
        intake = take_in(source, name, original)
        repairs += intake.repairs
        nbformat.write(intake.notebook, target / name)
    timestamp = source / "timestamp.txt"  # when it was handed in; nbgrader computes lateness
    if timestamp.is_file():
        shutil.copy(timestamp, target)
    return repairs


def _autograde(course: Course, assignment: str, student: str, staged: Path) -> None:
    """Run the notebook, save its marks in the gradebook and write the feedback."""
    config = course.config()
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.student_id = student
    config.CourseDirectory.submitted_directory = str(staged)
    coursedir = CourseDirectory(config=config)
    cause = run(Autograde(coursedir=coursedir, config=config))
    if isinstance(cause, DeadKernelError):
        raise Ungradable("The kernel died while the notebook ran: out of memory, or told to exit.")
    if cause is not None:
        raise Ungradable(f"nbgrader stopped with {type(cause).__name__}: {cause}")
    cause = run(GenerateFeedback(coursedir=coursedir, config=config))
    if cause is not None:
        raise Ungradable(f"The feedback could not be written, {type(cause).__name__}: {cause}")
