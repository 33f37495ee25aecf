"""Grade a batch: workers examine, this process alone writes.

Whatever is killed, and whenever, the same command goes on from there: what a submission was graded
for stands beside its marks, written in the same transaction.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.utils import parse_utc

from grading.collect import Ungradable, collect, read_file
from grading.course import Course, CourseError
from grading.execute import SandboxUnavailable, check_sandbox
from grading.feedback import FeedbackWriter
from grading.pool import DaskPool, LocalPool, Pool, work_off
from grading.records import ENVIRONMENT, Assignment, Record, digest
from grading.release import load_assignment
from grading.worker import limits_of, make_task
from grading.writer import Writer

DIED = "The process that graded it was killed, and again when it was tried alone."

Progress = Callable[[Record | None], None]


@dataclass(frozen=True)
class Options:
    """How a batch is graded.

    Attributes
    ----------
    students : tuple of str or None
        Only these; None for all who handed something in.
    workers : int
        Processes on this machine.
    dask : str or None
        Address of a Dask scheduler, whose workers then grade in place of processes here.
    force : bool
        Whether to grade again what has been graded already.
    sandbox : bool
        False only for notebooks that the instructor wrote.
    timeout : int or None
        Seconds that a cell may run; None for what the course or the assignment says.
    """

    students: tuple[str, ...] | None = None
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    dask: str | None = None
    force: bool = False
    sandbox: bool = True
    timeout: int | None = None


@dataclass(frozen=True)
class Job:
    """One submission on its way."""

    student: str
    timestamp: str | None
    task: str


def submissions(
    course: Course, assignment: str, students: tuple[str, ...] | None = None
) -> list[str]:
    """Name the students who handed in something for an assignment.

    Raises
    ------
    CourseError
        If there is no such assignment, or nothing was handed in for it.
    """
    course.check_assignment(assignment)
    found = sorted(path.parent.name for path in course.submitted.glob(f"*/{assignment}"))
    missing = sorted(set(students or ()) - set(found))
    if missing or not found:
        who = f" by {', '.join(missing)}" if missing else ""
        raise CourseError(
            f"Nothing was handed in for {assignment}{who}: "
            f"put notebooks at submitted/<student>/{assignment}/."
        )
    return [student for student in found if students is None or student in students]


def run(
    course: Course,
    name: str,
    students: list[str],
    options: Options,
    progress: Progress = lambda record: None,
) -> list[Record]:
    """Grade an assignment: marks into the gradebook, notebooks and feedback beside it.

    Parameters
    ----------
    course : Course
    name : str
        Of the assignment.
    students : list of str
        As :func:`submissions` names them.
    options : Options
    progress : callable, optional
        Called once for each student, with the new record, or with None if nothing was to do.

    Returns
    -------
    list of Record
        Of those whose names no gradebook can hold; all others are in it.

    Raises
    ------
    CourseError
        Before anything is touched: if there is no sandbox, or another run at work. Later: if the
        Dask scheduler is lost, or one of its workers has other versions.
    """
    if options.sandbox and options.dask is None:  # Dask's workers find out for themselves
        try:
            check_sandbox()
        except SandboxUnavailable as error:
            raise CourseError(str(error)) from None
    with _only_run(course), _open_pool(options) as pool:
        pool.prepare(options.sandbox)
        assignment = load_assignment(course, name)
        conditions = _conditions(course, assignment, options)
        with Writer.open(course, name) as writer:
            batch = _Batch(course, name, writer, conditions, options.force, progress)
            jobs = batch.jobs(assignment.to_json(), list(assignment.master), students)
            for job, answer in work_off(jobs, pool):
                if answer is None:
                    batch.finish(Record(job.student, name, "", "ungradable", DIED), {}, None)
                else:
                    facts = json.loads(answer)
                    record = Record.from_json(facts["record"])
                    batch.finish(record, facts["notebooks"], job.timestamp)
            return batch.unwritten


class _Batch:
    """What happens to each submission on this side."""

    def __init__(
        self,
        course: Course,
        name: str,
        writer: Writer,
        conditions: dict[str, Any],
        force: bool,
        progress: Progress,
    ) -> None:
        self.course = course
        self.name = name
        self.writer = writer
        self.conditions = conditions
        self.force = force
        self.progress = progress
        self.feedback = FeedbackWriter(course, name, writer)
        self.unwritten: list[Record] = []

    def jobs(self, assignment: str, notebooks: list[str], students: list[str]) -> Iterator[Job]:
        """Yield what has to be graded, reading each file only when its turn has come."""
        for student in students:
            folder = self.course.folder("submitted", student, self.name)
            try:
                _check_name(student)
                files = collect(folder, notebooks)
                timestamp = _timestamp(folder)
            except Ungradable as error:
                key = digest(str(error), ENVIRONMENT)
                if self._is_new(student, key, []):
                    self.finish(Record(student, self.name, key, "ungradable", str(error)), {}, None)
                continue
            key = digest(ENVIRONMENT, assignment, files, timestamp, self.conditions)
            if self._is_new(student, key, notebooks):
                task = make_task(self.name, assignment, student, key, files, self.conditions)
                yield Job(student, timestamp, task)

    def _is_new(self, student: str, key: str, notebooks: list[str]) -> bool:
        """Whether there is something to do; if not, say so."""
        # A name that the gradebook cannot hold, it cannot look up either.
        if self.force or not _fits(student) or not self.writer.is_done(student, key, notebooks):
            return True
        self.progress(None)
        return False

    def finish(self, record: Record, notebooks: dict[str, str], timestamp: str | None) -> None:
        if _fits(record.student):
            record = self.writer.write(record, notebooks, timestamp)
            self.feedback.write(record)
        else:
            self.unwritten.append(record)
        self.progress(record)


def _conditions(course: Course, assignment: Assignment, options: Options) -> dict[str, Any]:
    """Return what workers must know beside the submission; it decides marks as well."""
    conditions = {
        "sandbox": options.sandbox,
        "limits": dict(course.config().Examine.get("limits", {})),
        "timeout": options.timeout,
    }
    for file, notebook in assignment.master.items():
        try:
            limits_of(notebook["metadata"], conditions)
        except (TypeError, ValueError) as error:
            raise CourseError(f"The limits for {file} make no sense: {error}.") from None
    return conditions


def _fits(student: str) -> bool:
    """Whether the gradebook can hold a name: text, of at most 128 characters."""
    return len(student) <= 128 and student.isprintable()


def _check_name(student: str) -> None:
    if not _fits(student):
        raise Ungradable(
            "The name of the folder cannot stand in a gradebook: rename it, with at most 128 "
            "printable characters."
        )


def _timestamp(folder: Path) -> str | None:
    """Read when the submission was handed in, if somebody wrote that down as nbgrader does."""
    path = folder / "timestamp.txt"
    if not path.exists():
        return None
    try:
        text = read_file(path, 1000).decode().strip()
        parse_utc(text)
    except (Ungradable, ValueError, OverflowError, AttributeError):
        raise Ungradable("timestamp.txt holds no date and time: correct or remove it.") from None
    return text or None


@contextmanager
def _only_run(course: Course) -> Iterator[None]:
    """Hold the course, so that nobody else writes marks; whoever dies lets it go."""
    folder = os.open(course.root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CourseError(f"Another run is grading in {course.root}: wait for its end.") from None
    else:
        yield
    finally:
        os.close(folder)


def _open_pool(options: Options) -> Pool:
    return DaskPool(options.dask) if options.dask else LocalPool(options.workers)
