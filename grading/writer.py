"""The one place that writes marks: into nbgrader's gradebook, one transaction a submission.

What is known of a submission stands in a table of its own in the same database, so that marks and
the key that tells what they were given for become visible together, or not at all.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select

from grading.course import Course
from grading.records import ManualGrade, Record

RECORDS = Table(
    "grading_record",
    MetaData(),
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("key", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("record", Text, nullable=False),
)


@dataclass(frozen=True)
class Person:
    """A student, as far as the gradebook knows them."""

    first_name: str
    last_name: str
    email: str
    lms_user_id: str


@dataclass(frozen=True)
class CellMark:
    """What one cell has earned, by the tests or by hand."""

    score: float
    max_score: float
    manual: bool
    needs_manual: bool


@dataclass(frozen=True)
class Marks:
    """Everything that the gradebook holds of one submitted notebook, by grade id."""

    cells: dict[str, CellMark]
    comments: dict[str, str]
    late_penalty: float

    @property
    def score(self) -> float:
        return sum(cell.score for cell in self.cells.values())

    @property
    def max_score(self) -> float:
        return sum(cell.max_score for cell in self.cells.values())

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Writer:
    """Keeps the records and the gradebook of one assignment.

    Parameters
    ----------
    course : Course
    assignment : str
        As it stands in the gradebook already.
    """

    def __init__(self, course: Course, assignment: str, gradebook: Gradebook) -> None:
        self.course = course
        self.assignment = assignment
        self._gradebook = gradebook
        self._late = AssignLatePenalties(config=course.config())
        self._late.init_plugin()
        RECORDS.create(gradebook.engine, checkfirst=True)

    @classmethod
    @contextmanager
    def open(cls, course: Course, assignment: str) -> Iterator[Writer]:
        """Open the gradebook for as long as a batch takes."""
        with course.gradebook() as gradebook:
            yield cls(course, assignment, gradebook)

    def records(self) -> Iterator[Record]:
        """Yield every record, by the name of the student."""
        with self._transaction() as session:
            here = RECORDS.c.assignment == self.assignment
            for (text,) in session.execute(
                select(RECORDS.c.record).where(here).order_by(RECORDS.c.student)
            ):
                yield Record.from_json(text)

    def marks(self, student: str | None = None) -> dict[str, dict[str, Marks]]:
        """Return all marks, or those of one student, by student and file name of the notebook."""
        with self._transaction() as session:
            assignment = session.scalar(
                select(Assignment).where(Assignment.name == self.assignment)
            )
            if assignment is None:
                return {}
            names: dict[str, str] = {}
            max_scores: dict[str, float] = {}
            for notebook in assignment.notebooks:
                names |= {cell.id: cell.name for cell in notebook.solution_cells}
                for cell in (*notebook.grade_cells, *notebook.task_cells):
                    names[cell.id], max_scores[cell.id] = cell.name, cell.max_score
            files = {notebook.id: f"{notebook.name}.ipynb" for notebook in assignment.notebooks}
            here = [SubmittedAssignment.assignment_id == assignment.id]
            if student is not None:
                here.append(SubmittedAssignment.student_id == student)

            def rows(*columns: Any, of: Any) -> Iterator[Any]:
                of_notebook = SubmittedNotebook.id == of.notebook_id
                yield from session.execute(
                    select(SubmittedAssignment.student_id, SubmittedNotebook.notebook_id, *columns)
                    .join(SubmittedNotebook.assignment)
                    .join(of, of_notebook)
                    .where(*here)
                )

            found: dict[str, dict[str, Marks]] = defaultdict(dict)
            for person, notebook, penalty in session.execute(
                select(
                    SubmittedAssignment.student_id,
                    SubmittedNotebook.notebook_id,
                    SubmittedNotebook.late_submission_penalty,
                )
                .join(SubmittedNotebook.assignment)
                .where(*here)
            ):
                found[person][files[notebook]] = Marks({}, {}, penalty or 0.0)
            scores = (Grade.auto_score, Grade.manual_score, Grade.extra_credit)
            for person, notebook, cell, auto, manual, extra, still_open in rows(
                Grade.cell_id, *scores, Grade.needs_manual_grade, of=Grade
            ):
                score = _score(auto, manual, extra)
                mark = CellMark(score, max_scores[cell], manual is not None, still_open)
                found[person][files[notebook]].cells[names[cell]] = mark
            for person, notebook, cell, auto, manual in rows(
                Comment.cell_id, Comment.auto_comment, Comment.manual_comment, of=Comment
            ):
                if manual or auto:
                    found[person][files[notebook]].comments[names[cell]] = manual or auto
            return dict(found)

    def people(self) -> dict[str, Person]:
        """Return what the gradebook knows of the students: it is for the instructor to fill in."""
        with self._transaction() as session:
            return {
                student.id: Person(
                    student.first_name or "",
                    student.last_name or "",
                    student.email or "",
                    student.lms_user_id or "",
                )
                for student in session.scalars(select(Student))
            }

    def is_done(self, student: str, key: str, notebooks: Iterable[str]) -> bool:
        """Whether exactly this has been graded, and its marks and files are still there."""
        with self._transaction() as session:
            status = session.scalar(
                select(RECORDS.c.status).where(
                    RECORDS.c.assignment == self.assignment,
                    RECORDS.c.student == student,
                    RECORDS.c.key == key,
                )
            )
            held = self._submission(session, student) is not None
        folder = self.course.folder("autograded", student, self.assignment)
        if status is None or status == "ungradable":
            return status is not None
        return held and all((folder / name).is_file() for name in notebooks)

    def write(self, record: Record, notebooks: dict[str, str], timestamp: str | None) -> Record:
        """Write one submission: its files first, then all that the database holds of it.

        Parameters
        ----------
        record : Record
        notebooks : dict of str to str
            The graded notebooks, by file name; empty if it could not be graded.
        timestamp : str or None
            When it was handed in.

        Returns
        -------
        Record
            As it was written: what happened to marks given by hand has been added.
        """
        folder = self.course.folder("autograded", record.student, self.assignment)
        if notebooks:
            for name, text in notebooks.items():
                write_atomically(folder / name, text)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        with self._transaction() as session:
            previous = self._previous(session, record.student)
            if record.status == "ungradable":
                record = self._remove_marks(session, record, previous)
            else:
                record = self._save_marks(session, record, previous, timestamp)
            row = {"assignment": self.assignment, "student": record.student}
            session.execute(
                delete(RECORDS).where(*(RECORDS.c[name] == what for name, what in row.items()))
            )
            session.execute(
                insert(RECORDS).values(
                    **row, key=record.key, status=record.status, record=record.to_json()
                )
            )
            session.commit()
        return record

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        session = self._gradebook.db
        try:
            yield session
        finally:
            session.remove()  # rolls back what was not committed, and forgets every object

    def _previous(self, session: Any, student: str) -> Record | None:
        text = session.scalar(
            select(RECORDS.c.record).where(
                RECORDS.c.assignment == self.assignment, RECORDS.c.student == student
            )
        )
        return Record.from_json(text) if text else None

    def _submission(self, session: Any, student: str) -> SubmittedAssignment | None:
        found = session.scalar(
            select(SubmittedAssignment)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == self.assignment, SubmittedAssignment.student_id == student)
        )
        return found if isinstance(found, SubmittedAssignment) else None

    def _remove_marks(self, session: Any, record: Record, previous: Record | None) -> Record:
        """Let no earlier score stand for a submission that has none; keep what a person gave."""
        submission = self._submission(session, record.student)
        kept = previous.kept if previous else ()
        if submission is not None:
            kept = tuple(_manual_grades(submission))
            for notebook in submission.notebooks:
                for row in (*notebook.grades, *notebook.comments):
                    session.delete(row)
            session.flush()
            for notebook in submission.notebooks:
                session.delete(notebook)
            session.flush()
            session.delete(submission)
        return replace(record, kept=kept, answers=previous.answers if previous else {})

    def _save_marks(
        self, session: Any, record: Record, previous: Record | None, timestamp: str | None
    ) -> Record:
        submission = self._lay_submission(session, record.student)
        submission.timestamp = parse_utc(timestamp) if timestamp else None
        manual = {(m.notebook, m.grade_id): m for m in _manual_grades(submission)}
        if previous is not None:
            manual = {(m.notebook, m.grade_id): m for m in previous.kept} | manual
        points = {(q.notebook, q.grade_id): q.points for q in record.questions}
        flags = list(record.flags)
        for notebook in submission.notebooks:
            file = f"{notebook.notebook.name}.ipynb"
            solutions = {comment.cell.name: comment for comment in notebook.comments}
            for comment in notebook.comments:
                empty = f"{file}:{comment.cell.name}" in record.untouched
                comment.auto_comment = "No response." if empty else None
                comment.manual_comment = None
            for grade in notebook.grades:
                name = grade.cell.name
                grade.auto_score = points.get((file, name))
                if f"{file}:{name}" in record.untouched:
                    grade.auto_score = 0.0
                grade.manual_score = grade.extra_credit = None
                grade.needs_manual_grade = grade.auto_score is None
            for name in {grade.cell.name for grade in notebook.grades} | solutions.keys():
                given = manual.get((file, name))
                if given is None:
                    continue
                grade = next((g for g in notebook.grades if g.cell.name == name), None)
                if self._changed(record, previous, file, name):
                    if grade is not None:
                        grade.needs_manual_grade = True
                        flags.append(_changed_since(name, given))
                    continue
                if grade is not None:
                    grade.manual_score, grade.extra_credit = given.score, given.extra_credit
                    grade.needs_manual_grade = given.open
                if name in solutions:
                    solutions[name].manual_comment = given.comment
            self._assign_penalty(submission, notebook)
        return replace(record, flags=tuple(flags))

    @staticmethod
    def _changed(record: Record, previous: Record | None, file: str, name: str) -> bool:
        """Whether an answer is another one than the one that a person has marked."""
        if previous is None:  # marked by nbgrader alone: there is no telling
            return False
        which = f"{file}:{name}" if f"{file}:{name}" in record.answers else f"{file}:*"
        return record.answers.get(which) != previous.answers.get(which)

    def _assign_penalty(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> None:
        """Ask nbgrader's plugin what being late costs."""
        notebook.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            score = sum(
                _score(grade.auto_score, grade.manual_score, grade.extra_credit)
                for grade in notebook.grades
            )
            penalty = self._late.plugin_inst.late_submission_penalty(
                submission.student.id, score, submission.total_seconds_late
            )
            if penalty is not None:
                notebook.late_submission_penalty = min(max(penalty, 0), score)

    def _lay_submission(self, session: Any, student: str) -> SubmittedAssignment:
        """Find or make the rows of a submission: a grade for each cell with marks, and so on."""
        assignment = session.scalar(select(Assignment).where(Assignment.name == self.assignment))
        person = session.get(Student, student) or Student(id=student)
        submission = self._submission(session, student)
        if submission is None:
            submission = SubmittedAssignment(assignment=assignment, student=person)
        session.add_all([person, submission])
        present = {notebook.notebook_id: notebook for notebook in submission.notebooks}
        for notebook in assignment.notebooks:
            submitted = present.get(notebook.id)
            if submitted is None:
                submitted = SubmittedNotebook(notebook=notebook, assignment=submission)
                session.add(submitted)
            graded = {grade.cell_id for grade in submitted.grades}
            commented = {comment.cell_id for comment in submitted.comments}
            for cell in (*notebook.grade_cells, *notebook.task_cells):
                if cell.id not in graded:
                    session.add(Grade(cell=cell, notebook=submitted))
            for cell in (*notebook.solution_cells, *notebook.task_cells):
                if cell.id not in commented:
                    session.add(Comment(cell=cell, notebook=submitted))
        session.flush()
        return submission


def _manual_grades(submission: SubmittedAssignment) -> Iterator[ManualGrade]:
    for notebook in submission.notebooks:
        file = f"{notebook.notebook.name}.ipynb"
        grades = {grade.cell.name: grade for grade in notebook.grades}
        comments = {comment.cell.name: comment.manual_comment for comment in notebook.comments}
        for name in grades.keys() | comments.keys():
            grade, comment = grades.get(name), comments.get(name)
            score = grade.manual_score if grade else None
            credit = grade.extra_credit if grade else None
            if (score, credit, comment) != (None, None, None):
                still_open = bool(grade and grade.needs_manual_grade)
                yield ManualGrade(file, name, score, credit, comment, still_open)


def _changed_since(name: str, given: ManualGrade) -> str:
    had = "" if given.score is None else f" ({given.score:g} points)"
    return f"{name} was marked by hand{had} and has changed since: mark it again."


def _score(auto: float | None, manual: float | None, extra: float | None) -> float:
    """What nbgrader counts: a score by hand before one by the tests, and extra credit."""
    return ((auto if manual is None else manual) or 0.0) + (extra or 0.0)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader, or a power cut, finds the old text or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
