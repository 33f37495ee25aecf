"""A batch is graded to its end, whatever lies in it, and no score outlives its submission."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell
from nbgrader.api import MissingEntry

from grading.__main__ import WARNING
from grading.course import Course
from grading.demo import fill_in

RIGHT = "def double(x):\n    return x + x"

# The answer of each student, and the points of 4 that the tests must give.
STUDENTS = {
    "right": (RIGHT, "4"),
    "numbers": ("def double(x):\n    return 2 * x if type(x) is int else None", "2"),
    "warns": (
        "import sys\n\ndef double(x):\n    print('!', file=sys.stderr)\n    return 2 * x",
        "4",
    ),
    "O'Neill, Zoë (2)": (RIGHT, "4"),
    "[x]": (RIGHT, ""),
    "copied": (RIGHT, "4"),
    "endless": ("def double(x):\n    while True:\n        pass", "0"),
    "dies": ("import os\n\nos._exit(1)", ""),
    "not-json": ("", ""),
}

pytestmark = pytest.mark.xdist_group("graded batch")  # one worker grades it


def run(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grading", *arguments]
    return subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)


def rows(course: Course) -> dict[str, dict[str, str]]:
    with (course.root / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def score_in_gradebook(course: Course, student: str) -> float | None:
    with course.gradebook() as gradebook:
        try:
            return gradebook.find_submission("tiny", student).score
        except MissingEntry:
            return None


@pytest.fixture(scope="module")
def course(tiny_course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course with a submission by each of `STUDENTS`."""
    root = tmp_path_factory.mktemp("batch") / "course"
    shutil.copytree(tiny_course.root, root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text().replace("timeout = 30", "timeout = 3"))
    course = Course(root)
    released = nbformat.read(course.exercises / "tiny" / "tiny.ipynb", as_version=4)
    for student, (answer, _) in STUDENTS.items():
        folder = course.folder("submitted", student, "tiny")
        folder.mkdir(parents=True)
        notebook = fill_in(released, {"double": answer, "written": "It doubles."})
        if student == "copied":
            notebook.cells.append(new_markdown_cell(**(notebook.cells[-1] | {"id": "pasted"})))
        nbformat.write(notebook, folder / "tiny.ipynb")
    (course.folder("submitted", "not-json", "tiny") / "tiny.ipynb").write_text("Dear teacher,")
    return course


@pytest.fixture(scope="module")
def batch(course: Course) -> subprocess.CompletedProcess[str]:
    return run(course, "grade", "tiny")


def test_no_file_stops_the_batch(course: Course, batch: subprocess.CompletedProcess[str]) -> None:
    assert batch.returncode == 0
    assert batch.stderr == ""
    assert rows(course).keys() == STUDENTS.keys()


def test_the_missing_sandbox_is_said_before_anything_runs(
    batch: subprocess.CompletedProcess[str],
) -> None:
    assert " ".join(batch.stdout.split()).startswith(WARNING)


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize("student", STUDENTS)
def test_marks(course: Course, student: str) -> None:
    row = rows(course)[student]
    assert row["score"] == STUDENTS[student][1]
    assert row["max"] == "6"
    assert row["needs_manual"] == ("yes" if row["score"] else "no")
    graded = "repaired" if student == "copied" else "graded"
    assert row["status"] == (graded if row["score"] else "ungradable")
    assert bool(row["reason"]) == (row["status"] != "graded")
    score = score_in_gradebook(course, student)
    assert row["score"] == ("" if score is None else f"{score:g}")


def test_the_table_says_the_same(course: Course, batch: subprocess.CompletedProcess[str]) -> None:
    for student, row in rows(course).items():
        line = next(line for line in batch.stdout.splitlines() if f" {student} " in line)
        cells = [cell.strip() for cell in line.split("│")]
        assert cells[2] == (f"{row['score']} / {row['max']}" if row["score"] else "-")
        assert cells[4] == row["status"]


@pytest.mark.usefixtures("batch")
def test_reasons(course: Course) -> None:
    said = rows(course)
    assert said["dies"]["reason"].startswith("The kernel died")
    assert said["not-json"]["reason"] == "tiny.ipynb is not a notebook: it is not JSON text."
    assert said["[x]"]["reason"].endswith("rename it.")
    assert said["copied"]["reason"] == "written stood there 2 times: the last one counts."


@pytest.mark.usefixtures("batch")
def test_feedback(course: Course) -> None:
    for student, row in rows(course).items():
        page = course.folder("feedback", student, "tiny") / "tiny.html"
        assert page.is_file() == bool(row["score"])
    page = (course.folder("feedback", "numbers", "tiny") / "tiny.html").read_text()
    assert "double_hidden" in page
    assert "very secret" not in page  # neither the hidden test nor the error it met


@pytest.mark.usefixtures("batch")
def test_a_second_run_replaces_what_the_first_one_said(course: Course) -> None:
    """One file is broken since, another one has been corrected."""
    broken, corrected = (course.folder("submitted", s, "tiny") for s in ("numbers", "dies"))
    shutil.copy(course.folder("submitted", "right", "tiny") / "tiny.ipynb", corrected)
    (broken / "tiny.ipynb").write_text("broken")
    done = run(course, "grade", "tiny", "--student", "numbers", "--student", "dies")
    assert done.returncode == 0
    assert "endless" not in done.stdout

    assert score_in_gradebook(course, "numbers") is None
    for step in ("autograded", "feedback"):
        assert not course.folder(step, "numbers", "tiny").exists()
    assert score_in_gradebook(course, "dies") == 4
    written = rows(course)
    assert [written[s]["score"] for s in ("numbers", "dies", "right")] == ["", "4", "4"]


@pytest.mark.usefixtures("batch")
def test_nbgraders_own_command_grades_as_well(course: Course) -> None:
    """`nbgrader autograde` reads the same configuration, so that the formgrader works."""
    command = [sys.executable, "-m", "nbgrader", "autograde", "tiny", "--student=right", "--force"]
    subprocess.run(command, cwd=course.root, capture_output=True, check=True)
    assert score_in_gradebook(course, "right") == 4
