"""The tests of the assignments are tested: right answers earn all points, wrong ones lose theirs.

The answers are the files that ``answers.py`` describes. All go through ``python -m grading run``.
"""

from __future__ import annotations

import html
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import pytest
from answers import (
    ASSIGNMENTS,
    ROOT,
    Answer,
    concerned,
    fits,
    grade,
    lay_course,
    read_answers_of,
    sources_of_tests,
)

from grading.course import Course
from grading.demo import fill_in, read_answers

# One worker grades; the others would only grade the same again.
pytestmark = pytest.mark.xdist_group("graded answers")


#: What a function can return without having done anything.
NO_WORK = {"constant": "return 0", "input": "return next(iter([*given, *named.values()]), None)"}


def every(kind: str) -> pytest.MarkDecorator:
    """Run a test with every answer of every assignment that is ``wrong`` or ``right``."""
    cases = [
        pytest.param(assignment, answer, id=f"{assignment}-{answer.name}")
        for assignment in ASSIGNMENTS
        for answer in read_answers_of(assignment, kind)
    ]
    return pytest.mark.parametrize(("assignment", "answer"), cases)


def put_together(answers: list[Answer], tests: dict[str, str]) -> list[list[Answer]]:
    """Share out answers to few submissions, so that no test cell sees two of them."""
    submissions: list[list[Answer]] = []
    for answer in sorted(answers, key=lambda answer: -len(answer.cells)):
        for together in submissions:
            if fits(answer, together, tests):
                together.append(answer)
                break
        else:
            submissions.append([answer])
    return submissions


@dataclass(frozen=True)
class Graded:
    """One graded submission: points lost by test cell, and the feedback."""

    lost: dict[str, float]
    feedback: str


@dataclass(frozen=True)
class Class:
    """A graded class: in which submission each answer file is, and what became of it."""

    submissions: dict[str, Graded]
    tests: dict[str, str]  # the source of each test cell, hidden tests included


@cache
def graded_class(assignment: str, scratch: Path) -> Class:
    """Grade the reference, the untouched release and all answer files of an assignment."""
    notebook = f"{assignment}/{assignment}.ipynb"
    released = nbformat.read(ROOT / "exercises" / notebook, as_version=4)
    reference = read_answers(ROOT / "solutions" / notebook)
    answers = read_answers_of(assignment, "wrong") + read_answers_of(assignment, "right")
    functions = {name for answer in answers for name in answer.cells}
    tests = sources_of_tests(assignment)
    together = put_together(answers, tests)
    students = {"reference": fill_in(released, reference), "untouched": released}
    for name, line in NO_WORK.items():
        cells = {f: f"def {f}(*given, **named):\n    {line}" for f in functions}
        students[name] = fill_in(released, reference | cells)
    for number, group in enumerate(together):
        cells = {name: source for answer in group for name, source in answer.cells.items()}
        students[f"group-{number}"] = fill_in(released, reference | cells)

    course = lay_course(scratch, assignment)
    for student, content in students.items():
        folder = course.folder("submitted", student, assignment)
        folder.mkdir(parents=True)
        nbformat.write(content, folder / f"{assignment}.ipynb")
    grade(course, assignment)

    results = {student: read_result(course, assignment, student) for student in students}
    for number, group in enumerate(together):
        results |= {answer.name: results[f"group-{number}"] for answer in group}
    return Class(results, tests)


def read_result(course: Course, assignment: str, student: str) -> Graded:
    with course.gradebook() as gradebook:
        marks = gradebook.find_submission_notebook(assignment, assignment, student).grades
        lost = {m.name: m.max_score - m.auto_score for m in marks if m.auto_score is not None}
    feedback = course.folder("feedback", student, assignment) / f"{assignment}.html"
    return Graded(lost, feedback.read_text(encoding="utf-8"))


def points_of(graded: Class) -> dict[str, float]:
    """Return what each test cell is worth: what an untouched notebook loses there."""
    lost = graded.submissions["untouched"].lost
    return {cell: lost[cell] for cell in graded.tests}


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("classes")


@pytest.fixture
def graded(assignment: str, scratch: Path) -> Class:
    return graded_class(assignment, scratch / assignment)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_reference_earns_every_point(graded: Class) -> None:
    lost = graded.submissions["reference"].lost
    assert lost.keys() == graded.tests.keys()
    assert not any(lost.values())


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_untouched_release_earns_nothing(graded: Class, assignment: str) -> None:
    lost = graded.submissions["untouched"].lost
    released = nbformat.read(ROOT / f"exercises/{assignment}/{assignment}.ipynb", as_version=4)
    marks = [cell.metadata.get("nbgrader", {}) for cell in released.cells]
    assert lost == {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade")}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("student", NO_WORK)
def test_a_constant_or_the_input_earns_nothing(graded: Class, student: str) -> None:
    lost = graded.submissions[student].lost
    assert {cell: lost[cell] for cell in graded.tests} == points_of(graded)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_visible_tests_by_heart_earn_no_hidden_point(graded: Class) -> None:
    lost = graded.submissions["wrong-memorised"].lost
    hidden = {cell: points for cell, points in points_of(graded).items() if "_hidden" in cell}
    assert hidden
    assert {cell: lost[cell] for cell in hidden} == hidden
    assert not all(lost[cell] for cell in graded.tests.keys() - hidden.keys())


@every("wrong")
def test_a_wrong_answer_loses_the_points_it_names_and_no_others(
    graded: Class, answer: Answer
) -> None:
    lost = graded.submissions[answer.name].lost
    cells = concerned(answer, graded.tests)
    assert answer.loses
    assert {cell: lost[cell] for cell in cells if lost[cell]} == answer.loses


@every("right")
def test_a_right_answer_written_differently_loses_none(graded: Class, answer: Answer) -> None:
    lost = graded.submissions[answer.name].lost
    cells = concerned(answer, graded.tests)
    assert len(cells) >= 2
    assert not any(lost[cell] for cell in cells)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_test_cell_is_failed_by_some_mistake(graded: Class, assignment: str) -> None:
    mistakes = read_answers_of(assignment, "wrong")
    of_few_functions = [mistake for mistake in mistakes if len(mistake.cells) <= 3]
    assert set().union(*(mistake.loses for mistake in of_few_functions)) == graded.tests.keys()


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_feedback_shows_no_hidden_test(graded: Class, assignment: str) -> None:
    """But for lines that a right answer has as well: those are the student's own."""
    answers = read_answers(ROOT / f"solutions/{assignment}/{assignment}.ipynb")
    own = {line.strip() for source in answers.values() for line in source.splitlines()}
    secret = {
        line.strip()
        for source in graded.tests.values()
        if "### BEGIN HIDDEN TESTS" in source
        for line in source.split("### BEGIN HIDDEN TESTS")[1].splitlines()
        if len(line.strip()) > 25
    } - own
    assert len(secret) > 20
    for student in ("reference", "untouched"):
        feedback = plain_text(graded.submissions[student].feedback)
        assert not [line for line in secret if line in feedback]


def test_feedback_says_what_is_wrong_and_why(scratch: Path) -> None:
    graded = graded_class("shapes", scratch / "shapes")
    feedback = plain_text(graded.submissions["wrong-h_n_without_directions"].feedback)
    assert "h_n is (1, 4, 3), expected (2, 4, 3): one slice per direction" in feedback
    feedback = plain_text(graded.submissions["wrong-reshape_for_transpose"].feedback)
    assert "to_batch_first(x)[0, 1, 0] is 20, expected 11: [b, t] must hold x[t, b]" in feedback


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_nbgrader_validates_the_reference(assignment: str) -> None:
    """It is what a student calls, and it shows that the hidden tests run in it too."""
    notebook = f"solutions/{assignment}/{assignment}.ipynb"
    command = [sys.executable, "-m", "nbgrader", "validate", notebook]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "Success! Your notebook passes all the tests.\n"


def plain_text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))
