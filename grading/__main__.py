"""Release and grade the assignments of this course."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grading.course import Course, CourseError
from grading.demo import ASSIGNMENT, lay_course
from grading.grade import grade, submissions
from grading.release import release, stale
from grading.report import table, write_csv

WARNING = (
    "Students' code runs UNSANDBOXED here, with all your rights on this machine: until the sandbox "
    "exists, grade only notebooks that you would open and run yourself."
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("release", help="write exercises/ from solutions/")
    command.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
    command.add_argument("--check", action="store_true", help="only say what is out of date")
    command.set_defaults(run=_release)

    command = commands.add_parser("grade", help="grade what lies in submitted/")
    command.add_argument("assignment", metavar="ASSIGNMENT")
    command.add_argument("--student", action="append", help="only this one; may be repeated")
    command.set_defaults(run=_grade)

    command = commands.add_parser("demo", help="make five submissions in demo/ and grade them")
    command.set_defaults(run=_demo)

    options = parser.parse_args(arguments)
    try:
        return options.run(Course(Path.cwd()), options)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2


def _release(course: Course, options: argparse.Namespace) -> int:
    for assignment in options.assignments:
        course.check_assignment(assignment)
    assignments = options.assignments or course.assignments()
    if options.check:
        outdated = stale(course, assignments)
        for path in outdated:
            print(f"exercises/{path} is out of date: run `make exercises`.", file=sys.stderr)
        return 1 if outdated else 0
    for path in release(course, assignments):
        print(f"exercises/{path}")
    print(f"Released: {', '.join(assignments)}.")
    return 0


def _grade(course: Course, options: argparse.Namespace) -> int:
    _grade_and_show(course, options.assignment, options.student)
    return 0


def _demo(course: Course, options: argparse.Namespace) -> int:
    _grade_and_show(lay_course(course), ASSIGNMENT, None)
    return 0


def _grade_and_show(course: Course, assignment: str, only: list[str] | None) -> None:
    console = Console()
    students = submissions(course, assignment, only)
    console.print(WARNING, style="bold yellow")
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    with progress:
        results = list(
            progress.track(
                grade(course, assignment, students),
                total=len(students),
                description=f"Grading {assignment}",
            )
        )
    write_csv(course, results)
    console.print(table(assignment, results))
    here = Path.cwd()
    console.print(
        f"Feedback  {(course.root / 'feedback').relative_to(here)}/<student>/{assignment}/"
    )
    console.print(f"Marks     {(course.root / 'grades.csv').relative_to(here)}")


if __name__ == "__main__":
    sys.exit(main())
