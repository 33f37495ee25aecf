"""A made-up class, whose marks are known before anybody grades it.

A student hands in answers that are taken from the answer files and, for the rest, from the
reference. No test cell sees more than one file, so each mark is what that file says. To see a class
of 40 in all assignments, lay it out in a new folder, grade it there, and compare::

    python tests/assignments/demo_class.py FOLDER
    cd FOLDER && python -m grading run shapes      # and the other assignments
    python tests/assignments/demo_class.py FOLDER --compare
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from random import Random

import nbformat
from answers import (
    ASSIGNMENTS,
    HERE,
    ROOT,
    Answer,
    fits,
    lay_course,
    read_answers_of,
    read_file,
    sources_of_tests,
)
from nbformat import NotebookNode

from grading.course import Course
from grading.demo import fill_in, read_answers

#: Answers that need not be trained, in place of those of the reference.
QUICK = {
    "language_model": ["wrong/pairs_only.py"],
    "vanishing_gradients": ["right/weights_as_parameters.py"],
}

#: Points by cell, for each student, for each assignment.
Marks = dict[str, dict[str, dict[str, float]]]

PREDICTED = "predicted.json"


@dataclass(frozen=True)
class Material:
    """What submissions of an assignment are made of."""

    released: NotebookNode
    reference: dict[str, str]
    answers: list[Answer]
    quick: list[Answer]
    tests: dict[str, str]
    points: dict[str, float]  # of all graded cells, written answers included


@cache
def material_of(assignment: str) -> Material:
    notebook = f"{assignment}/{assignment}.ipynb"
    released = nbformat.read(ROOT / "exercises" / notebook, as_version=4)
    reference = read_answers(ROOT / "solutions" / notebook)
    functions = {name: text for name, text in reference.items() if f"def {name}(" in text}
    reference |= {
        name: self_contained(text, {n: t for n, t in functions.items() if n != name})
        for name, text in functions.items()
    }
    marks = [cell.metadata.get("nbgrader", {}) for cell in released.cells]
    return Material(
        released,
        reference,
        read_answers_of(assignment, "wrong") + read_answers_of(assignment, "right"),
        [read_file(HERE / assignment / path) for path in QUICK.get(assignment, [])],
        sources_of_tests(assignment),
        {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade")},
    )


def self_contained(source: str, others: dict[str, str]) -> str:
    """Give an answer copies of the functions that it calls, so that no other answer changes it."""
    for name, text in others.items():
        call = re.compile(rf"(?<![\w.]){name}\(")
        if call.search(source):
            called = self_contained(text, {n: t for n, t in others.items() if n != name})
            source = call.sub(f"_{name}(", f"{called}\n\n\n{source}")
    return source


def make_submission(assignment: str, random: Random) -> tuple[NotebookNode, dict[str, float]]:
    """Make a notebook and say what each of its graded cells will earn."""
    material = material_of(assignment)
    if random.random() < 0.05:  # handed in as it was given out
        return material.released, dict.fromkeys(material.points, 0)
    together: list[Answer] = []
    wanted = random.randrange(8)
    for answer in random.sample(material.answers, len(material.answers)):
        if len(together) < wanted and fits(answer, together, material.tests):
            together.append(answer)
    together += [answer for answer in material.quick if fits(answer, together, material.tests)]

    cells = material.reference.copy()
    earned = {cell: n if cell in material.tests else 0 for cell, n in material.points.items()}
    for answer in together:
        cells |= answer.cells
        for cell, lost in answer.loses.items():
            earned[cell] -= lost
    return fill_in(material.released, cells), earned  # what is written waits for a person: 0


def make_class(
    root: Path, students: int, assignments: list[str], each: int | None = None, seed: int = 0
) -> tuple[Course, Marks]:
    """Lay out a course with a class, and predict its marks.

    Parameters
    ----------
    root : Path
        A folder that does not exist, or is empty.
    students : int
        How many.
    assignments : list of str
        Names of those that the course holds.
    each : int, optional
        How many assignments a student is to hand in; they take turns. All if not given.
    seed : int
        Another seed makes another class.

    Returns
    -------
    Course
        The folder, ready for ``python -m grading run``.
    dict
        The points of every graded cell, by assignment and student. Who did not hand in an
        assignment, as some do not, is not there.
    """
    random = Random(seed)
    turns = cycle(assignments)
    course = lay_course(root, *assignments)
    predicted: Marks = {assignment: {} for assignment in assignments}
    for number in range(1, students + 1):
        student = f"student-{number:02}"
        for assignment in islice(turns, each or len(assignments)):
            if random.random() < 0.1:  # not handed in
                continue
            notebook, predicted[assignment][student] = make_submission(assignment, random)
            folder = course.folder("submitted", student, assignment)
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{assignment}.ipynb")
    return course, predicted


def differences(course: Course, predicted: Marks) -> Iterator[str]:
    """Compare the tables that the grader wrote with the marks predicted; say what differs."""
    for assignment, students in predicted.items():
        table = course.root / "reports" / assignment / "marks.csv"
        if not table.exists():
            yield f"{assignment} has not been graded."
            continue
        with table.open(encoding="utf-8", newline="") as file:
            rows = {row["student"]: row for row in csv.DictReader(file)}
        if rows.keys() != students.keys():
            apart = ", ".join(sorted(rows.keys() ^ students.keys()))
            yield f"{assignment}: either graded or handed in, but not both: {apart}."
            continue
        for student, cells in students.items():
            total = float(rows[student]["score"])
            if total != sum(cells.values()):
                yield f"{assignment}, {student}: {total} points, expected {sum(cells.values())}."
            for cell, points in cells.items():
                column = f"{assignment}/{cell} ({material_of(assignment).points[cell]:g})"
                found = float(rows[student][column])
                if found != points:
                    yield f"{assignment}, {student}, {cell}: {found} points, expected {points}."


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
    parser.add_argument("--students", type=int, default=40, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="another seed makes another class")
    parser.add_argument(
        "--compare", action="store_true", help="compare what was graded with what was predicted"
    )
    options = parser.parse_args()
    prediction = options.folder / PREDICTED
    if options.compare:
        if not prediction.exists():
            parser.error(f"there is no {prediction}: first lay out a class, without --compare")
        predicted: Marks = json.loads(prediction.read_text(encoding="utf-8"))
        found = list(differences(Course(options.folder), predicted))
        print("\n".join(found) or "All marks are those predicted.")
        return bool(found)
    if options.folder.exists() and any(options.folder.iterdir()):
        parser.error(f"{options.folder} is not empty: name a new folder")
    if unknown := set(options.assignments) - set(ASSIGNMENTS):
        parser.error(f"no assignment {', '.join(unknown)}: there are {', '.join(ASSIGNMENTS)}")
    assignments = options.assignments or ASSIGNMENTS
    _, predicted = make_class(options.folder, options.students, assignments, seed=options.seed)
    prediction.write_text(json.dumps(predicted, indent=1), encoding="utf-8")
    for assignment, students in predicted.items():
        print(f"{assignment}: {len(students)} of {options.students} students handed it in.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
