"""Release and grade the assignments of this course."""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

import grading.lean  # noqa: F401 - before all that imports jsonschema
from grading.course import Course, CourseError
from grading.demo import ASSIGNMENT, lay_course
from grading.records import Record
from grading.release import release, stale
from grading.report import report, table
from grading.run import Options, run, submissions

GIVES_UP = (
    "Without the sandbox a notebook runs with all your rights on this machine: it can read and "
    "change every file of yours, the hidden tests and all grades. Only for notebooks you wrote."
)
MOST = 1_000_000  # seconds or processes
KEPT = "What is graded is kept: mend this, and the same command goes on."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("release", help="write exercises/ from solutions/")
    command.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
    command.add_argument("--check", action="store_true", help="only say what is out of date")
    command.set_defaults(run=_release)

    command = commands.add_parser("run", help="grade what lies in submitted/, and report")
    command.add_argument("assignment", metavar="ASSIGNMENT")
    command.add_argument("--student", action="append", help="only this one; may be repeated")
    command.add_argument("--force", action="store_true", help="grade again what is graded already")
    _add_engine(command)
    command.set_defaults(run=_run)

    command = commands.add_parser("report", help="write tables, item analysis and new feedback")
    command.add_argument("assignment", metavar="ASSIGNMENT")
    command.set_defaults(run=_report)

    command = commands.add_parser("demo", help="make five submissions in demo/ and grade them")
    _add_engine(command)
    command.set_defaults(run=_demo)

    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal need not know every letter of a name
            stream.reconfigure(errors="replace")
    try:
        return options.run(Course(Path.cwd()), options)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        print(f"The gradebook cannot be used: {reason}. {KEPT}", file=sys.stderr)
        return 2
    except OSError as error:
        where = "A file" if error.filename is None else error.filename
        print(f"{where} cannot be used: {error.strerror or error}. {KEPT}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What is graded is kept: the same command goes on.", file=sys.stderr)
        for process in multiprocessing.active_children():
            process.kill()  # or we would wait for the submissions that are being graded
        return 130


def _add_engine(command: argparse.ArgumentParser) -> None:
    """Add the options that say where and how code is run."""
    command.add_argument(
        "--workers",
        type=_positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes at a time (default: one for each core, %(default)s)",
    )
    command.add_argument(
        "--timeout",
        type=_positive,
        metavar="SECONDS",
        help="how long one cell may run (default: what the course or the assignment says, or 30)",
    )
    command.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786",
    )
    command.add_argument(
        "--no-sandbox", action="store_true", help="only for notebooks that you wrote yourself"
    )


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= MOST):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST}")
    return int(text)


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


def _run(course: Course, options: argparse.Namespace) -> int:
    only = tuple(options.student) if options.student else None
    _grade(course, options.assignment, options, only, force=options.force)
    return 0


def _demo(course: Course, options: argparse.Namespace) -> int:
    _grade(lay_course(course), ASSIGNMENT, options, None, force=False)
    return 0


def _report(course: Course, options: argparse.Namespace) -> int:
    console = Console()
    console.print(table(report(course, options.assignment)))
    _say_where(course, options.assignment, console)
    return 0


def _grade(
    course: Course,
    assignment: str,
    options: argparse.Namespace,
    only: tuple[str, ...] | None,
    *,
    force: bool,
) -> None:
    console = Console()
    students = submissions(course, assignment, only)
    if options.no_sandbox:
        console.print(GIVES_UP, style="bold yellow")
    how = Options(
        workers=options.workers,
        dask=options.dask,
        force=force,
        sandbox=not options.no_sandbox,
        timeout=options.timeout,
    )
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    graded = 0
    with progress:
        bar = progress.add_task(f"Grading {assignment}", total=len(students))

        def advance(record: Record | None) -> None:
            nonlocal graded
            graded += record is not None
            progress.advance(bar)

        unwritten = run(course, assignment, students, how, advance)
    if graded < len(students):
        console.print(f"{len(students) - graded} had been graded before, and have not changed.")
    console.print(table(report(course, assignment), only=students))
    for record in unwritten:
        console.print(f"{record.student!r} is not in the gradebook. {record.reason}", style="red")
    _say_where(course, assignment, console)


class _Rate(ProgressColumn):
    """Submissions a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.2f}/s")


def _say_where(course: Course, assignment: str, console: Console) -> None:
    root = course.root.relative_to(Path.cwd())
    console.print(f"Feedback  {root / 'feedback'}/<student>/{assignment}/")
    console.print(f"Report    {root / 'reports' / assignment}/")
