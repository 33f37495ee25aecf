"""Tell what became of a batch: on the terminal, as CSV for an LMS, and as a page."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from rich.table import Table
from rich.text import Text

from grading.collect import shown
from grading.course import Course, CourseError
from grading.feedback import FeedbackWriter
from grading.items import Item, analyse, write_page
from grading.records import Record
from grading.writer import CellMark, Marks, Person, Writer

COLOURS = {"graded": "green", "repaired": "yellow", "ungradable": "red"}


@dataclass(frozen=True)
class Row:
    """One student's line.

    Attributes
    ----------
    record : Record
    score : float or None
        Points so far, less what being late costs; None if the submission could not be graded, or
        somebody has taken it out of the gradebook.
    late_penalty : float
    needs_manual : bool
        Whether a person has still to read an answer.
    cells : dict of str to CellMark
        By question, as :attr:`Report.questions` names them.
    person : Person
    """

    record: Record
    score: float | None
    late_penalty: float
    needs_manual: bool
    cells: dict[str, CellMark]
    person: Person


@dataclass(frozen=True)
class Report:
    """Everything that is known of a graded assignment."""

    assignment: str
    max_score: float
    questions: dict[str, float]  # the points of each, in the order of the notebook
    rows: list[Row]
    items: list[Item]


def report(course: Course, assignment: str) -> Report:
    """Write tables, item analysis and whatever feedback is out of date.

    The files lie in ``reports/<assignment>/``: ``marks.csv``, ``canvas.csv``, ``moodle.csv`` and
    ``index.html``. Marks given by hand since the last run are in them, and in the feedback.

    Raises
    ------
    CourseError
        If there is no such assignment, or it has not been graded yet.
    """
    course.check_assignment(assignment)
    with Writer.open(course, assignment) as writer:
        marks = writer.marks()
        people = writer.people()
        feedback = FeedbackWriter(course, assignment, writer)
        records = []
        for record in writer.records():
            feedback.write(record, marks.get(record.student))
            records.append(record)
    if not records:
        raise CourseError(
            f"Nothing of {assignment} has been graded yet: `python -m grading run {assignment}`."
        )
    questions = _questions(course, assignment)
    rows = [
        _row(
            record,
            marks.get(record.student, {}),
            people.get(record.student, Person("", "", "", "")),
        )
        for record in records
    ]
    items = analyse(questions, [(row.record, row.cells) for row in rows if row.score is not None])
    made = Report(assignment, sum(questions.values()), questions, rows, items)
    folder = course.root / "reports" / assignment
    folder.mkdir(parents=True, exist_ok=True)
    # Students' marks never enter a repository, whatever its own rules are.
    (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    write_tables(made, folder)
    scores = [row.score for row in rows if row.score is not None]
    write_page(folder / "index.html", assignment, made.max_score, scores, items, len(rows))
    return made


def question(file: str, grade_id: str) -> str:
    """Name a question: as its cell, with the notebook before it."""
    return f"{Path(file).stem}/{grade_id}"


def _questions(course: Course, assignment: str) -> dict[str, float]:
    """Return the points of each question in the order in which students meet them."""
    questions = {}
    for path in sorted((course.solutions / assignment).glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            mark = cell.metadata.get("nbgrader", {})
            if mark.get("grade") or mark.get("task"):
                questions[question(path.name, mark["grade_id"])] = float(mark["points"])
    return questions


def _row(record: Record, marks: dict[str, Marks], person: Person) -> Row:
    cells = {
        question(file, grade_id): cell
        for file, of_notebook in marks.items()
        for grade_id, cell in of_notebook.cells.items()
    }
    penalty = sum(of_notebook.late_penalty for of_notebook in marks.values())
    graded = record.status != "ungradable" and bool(marks)
    return Row(
        record,
        sum(cell.score for cell in cells.values()) - penalty if graded else None,
        penalty,
        graded and any(cell.needs_manual for cell in cells.values()),
        cells,
        person,
    )


def table(made: Report, only: Iterable[str] | None = None) -> Table:
    """Lay a report, or the lines of a few students, out for a terminal."""
    rows = [row for row in made.rows if only is None or row.record.student in set(only)]
    laid = Table(title=f"{made.assignment}, submissions: {len(rows)}", title_justify="left")
    laid.add_column("student", overflow="fold")  # on a narrow terminal nothing is left out
    laid.add_column("score", justify="right", no_wrap=True)
    laid.add_column("by hand", no_wrap=True)
    laid.add_column("status", no_wrap=True)
    laid.add_column("seconds", justify="right", no_wrap=True)
    laid.add_column("remarks", overflow="fold")
    for row in rows:
        laid.add_row(
            Text(row.record.student),
            "-" if row.score is None else f"{row.score:g} / {made.max_score:g}",
            "to read" if row.needs_manual else "-",
            Text(row.record.status, COLOURS[row.record.status]),
            f"{row.record.seconds:.1f}",
            Text(shown(row.record.remarks)),
        )
    return laid


def write_tables(made: Report, folder: Path) -> None:
    """Write ``marks.csv`` for people, and what Canvas and Moodle import."""
    _write_csv(
        folder / "marks.csv",
        ["student", "score", "max", "late penalty", "to read", "status", "seconds", "remarks"]
        + [f"{name} ({points:g})" for name, points in made.questions.items()],
        [
            [
                row.record.student,
                _number(row.score),
                _number(made.max_score),
                _number(row.late_penalty),
                "yes" if row.needs_manual else "no",
                row.record.status,
                f"{row.record.seconds:.2f}",
                row.record.remarks,
                *(_number(row.cells[q].score if q in row.cells else None) for q in made.questions),
            ]
            for row in made.rows
        ],
    )
    # https://community.canvaslms.com: "How do I import grades in the Gradebook?"
    _write_csv(
        folder / "canvas.csv",
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", made.assignment],
        [["Points Possible", "", "", "", "", _number(made.max_score)]]
        + [
            [
                ", ".join(filter(None, (row.person.last_name, row.person.first_name)))
                or row.record.student,
                row.person.lms_user_id,
                "",
                row.record.student,
                "",
                _number(row.score),
            ]
            for row in made.rows
        ],
    )
    # https://docs.moodle.org/en/Grade_import: feedback and grade go together, or the grade is lost.
    _write_csv(
        folder / "moodle.csv",
        ["Username", "ID number", "Email address", made.assignment, f"{made.assignment} feedback"],
        [
            [
                row.record.student,
                row.person.lms_user_id,
                row.person.email,
                _number(row.score),
                " ".join(filter(None, (row.record.reason, *row.record.repairs))),
            ]
            for row in made.rows
        ],
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(map(harmless, header))
        writer.writerows(map(harmless, row) for row in rows)


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula (OWASP, "CSV Injection").

    Numbers stay as they are.
    """
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
    return text
