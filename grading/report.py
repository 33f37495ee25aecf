"""Show the results of a batch, and keep them in ``grades.csv``."""

from __future__ import annotations

import csv

from rich.table import Table
from rich.text import Text

from grading.course import Course
from grading.grade import Result

COLUMNS = ["student", "assignment", "score", "max", "needs_manual", "status", "reason"]


def table(assignment: str, results: list[Result]) -> Table:
    """Lay the results out for a terminal."""
    laid = Table(title=f"{assignment}, submissions: {len(results)}", title_justify="left")
    laid.add_column("student", no_wrap=True)
    laid.add_column("score", justify="right", no_wrap=True)
    laid.add_column("by hand", no_wrap=True)
    laid.add_column("status", no_wrap=True)
    laid.add_column("reason")
    colours = {"graded": "green", "repaired": "yellow", "ungradable": "red"}
    for result in results:
        laid.add_row(
            Text(result.student),
            "-" if result.score is None else f"{result.score:g} / {result.max_score:g}",
            "to read" if result.needs_manual else "-",
            Text(result.status, colours[result.status]),
            Text(result.reason),
        )
    return laid


def write_csv(course: Course, results: list[Result]) -> None:
    """Bring ``grades.csv`` up to date: one row a submission, in the columns of `COLUMNS`.

    The rows of other submissions stay, as long as the submissions are there.
    """
    path = course.root / "grades.csv"
    rows = {}
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            rows = {
                (row["assignment"], row["student"]): row
                for row in csv.DictReader(file)
                if course.folder("submitted", row["student"], row["assignment"]).is_dir()
            }
    for result in results:
        rows[result.assignment, result.student] = {
            "student": result.student,
            "assignment": result.assignment,
            "score": "" if result.score is None else f"{result.score:g}",
            "max": f"{result.max_score:g}",
            "needs_manual": "yes" if result.needs_manual else "no",
            "status": result.status,
            "reason": result.reason,
        }
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(row for _, row in sorted(rows.items()))
