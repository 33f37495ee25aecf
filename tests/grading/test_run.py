"""A batch is graded to its end, whatever lies in it, whoever is killed, and in whatever order."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import pytest
from hand_ins import RIGHT, hand_in
from nbformat.v4 import new_markdown_cell
from nbgrader.api import MissingEntry

from grading.cli import main
from grading.course import Course
from grading.records import Record

NUMBERS_ONLY = "def double(x):\n    return 2 * x if type(x) is int else None"

# The answer of each student, and the points of 4 that the tests must give; "" for ungradable.
STUDENTS = {
    "right": (RIGHT, "4"),
    "numbers": (NUMBERS_ONLY, "2"),
    "warns": (
        "import sys\n\ndef double(x):\n    print('!', file=sys.stderr)\n    return 2 * x",
        "4",
    ),
    "O'Neill, Zoë (2)": (RIGHT, "4"),
    "[x]": (RIGHT, "4"),
    "copied": (RIGHT, "4"),
    "renamed": (RIGHT, "4"),
    "zipped": (RIGHT, "4"),
    "tarred": (RIGHT, "4"),
    "endless": ("def double(x):\n    while True:\n        pass", "0"),
    "dies": ("import os\n\nos._exit(1)", "0"),
    "not-json": ("", ""),
    "link": ("", ""),
    "sparse": ("", ""),
    "late": (RIGHT, "4"),
    "bad-date": (RIGHT, ""),
    "latin": (RIGHT, "4"),
    "escape": (RIGHT, "4"),
    # No gradebook can hold these names.
    "x" * 129: (RIGHT, None),
    "jos\udce9": (RIGHT, None),
}
HELD = [student for student, (_, points) in STUDENTS.items() if points is not None]

pytestmark = pytest.mark.xdist_group("graded batch")  # one worker grades it


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    status: int
    said: str
    complained: str


def run(course: Course, *arguments: str) -> Done:
    """Give a command in the folder of a course."""
    said, complained = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(course.root),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("COLUMNS", "250")
        status = main(["run", "tiny", "--timeout", "3", *arguments])
    return Done(status, said.getvalue(), complained.getvalue())


def rows(course: Course) -> dict[str, dict[str, str]]:
    with (course.root / "reports/tiny/marks.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def score_in_gradebook(course: Course, student: str) -> float | None:
    with course.gradebook() as gradebook:
        try:
            return float(gradebook.find_submission("tiny", student).score)
        except MissingEntry:
            return None


def marks(course: Course) -> dict[str, str]:
    """What decides a mark, of every record; not how long it took."""
    database = course.root / "gradebook.db"
    with closing(sqlite3.connect(database)) as connection:
        texts = connection.execute("SELECT record FROM grading_record ORDER BY student").fetchall()
    records = [Record.from_json(text) for (text,) in texts]
    return {
        r.student: json.dumps(
            [r.status, r.reason, r.repairs, [(q.grade_id, q.points) for q in r.questions]]
        )
        for r in records
    }


@pytest.fixture(scope="module")
def course(tiny_course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course with a submission by each of `STUDENTS`."""
    root = tmp_path_factory.mktemp("batch") / "course"
    shutil.copytree(tiny_course.root, root)
    course = Course(root)
    for student, (answer, _) in STUDENTS.items():
        path = hand_in(course, student, answer, "It doubles.")
        if student == "copied":
            notebook = nbformat.read(path, as_version=4)
            notebook.cells.append(new_markdown_cell(**(notebook.cells[-1] | {"id": "pasted"})))
            nbformat.write(notebook, path)
        elif student == "renamed":
            path.rename(path.with_name("tiny (1).ipynb"))
        elif student == "zipped":
            with zipfile.ZipFile(path.with_name("work.zip"), "w") as archive:
                archive.write(path, "work/tiny.ipynb")
            path.unlink()
        elif student == "tarred":
            with tarfile.open(path.with_name("work.tar.gz"), "w:gz") as tar:
                tar.add(path, "tiny.ipynb")
            path.unlink()
        elif student == "latin":
            path.rename(path.with_name("h\udce9.ipynb"))
        elif student == "escape":
            with zipfile.ZipFile(path.with_name("work.zip"), "w") as archive:
                archive.write(path, "x\x1b]0;title\x07\x1b[31m.ipynb")
            path.unlink()
        elif student == "not-json":
            path.write_text("Dear teacher,")
        elif student == "link":
            path.unlink()
            path.symlink_to(course.solutions / "tiny" / "tiny.ipynb")
        elif student == "sparse":
            with path.open("wb") as file:
                file.truncate(1_000_000_000)
        elif student == "late":
            path.with_name("timestamp.txt").write_text("2025-01-02 03:04:05 UTC")
        elif student == "bad-date":
            path.with_name("timestamp.txt").write_text("yesterday")
    return course


@pytest.fixture(scope="module")
def batch(course: Course) -> Done:
    return run(course, "--workers", "2")


def test_no_file_stops_the_batch(course: Course, batch: Done) -> None:
    assert batch.complained == ""
    assert batch.status == 0
    assert rows(course).keys() == set(HELD)
    assert batch.said.count("rename it, with at most 128") == 2
    assert r"'jos\udce9' is not in the gradebook" in batch.said
    batch.said.encode()
    assert "\x1b" not in batch.said


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize("student", HELD)
def test_marks(course: Course, student: str) -> None:
    row = rows(course)[student]
    assert row["score"] == STUDENTS[student][1]
    assert row["max"] == "6"
    assert row["to read"] == ("yes" if row["score"] else "no")
    mended = ("copied", "renamed", "zipped", "tarred", "latin", "escape")
    graded = "repaired" if student in mended else "graded"
    assert row["status"] == (graded if row["score"] else "ungradable")
    assert bool(row["remarks"]) == (row["status"] != "graded" or student == "dies")
    score = score_in_gradebook(course, student)
    assert row["score"] == ("" if score is None else f"{score:g}")


def test_the_table_says_the_same(course: Course, batch: Done) -> None:
    for student, row in rows(course).items():
        line = next(line for line in batch.said.splitlines() if f" {student} " in line)
        cells = [cell.strip() for cell in line.split("│")]
        assert cells[2] == (f"{row['score']} / {row['max']}" if row["score"] else "-")
        assert cells[4] == row["status"]


@pytest.mark.usefixtures("batch")
def test_remarks(course: Course) -> None:
    said = {student: row["remarks"] for student, row in rows(course).items()}
    assert "kernel died" in said["dies"]
    assert said["not-json"] == "tiny.ipynb is not a notebook: it is not JSON text."
    assert said["copied"] == "written stood there 2 times: the last one counts."
    assert said["zipped"] == "work.zip/work/tiny.ipynb was taken for tiny.ipynb."
    assert "link" in said["link"]
    assert "1000 MB" in said["sparse"]
    assert "timestamp.txt" in said["bad-date"]


@pytest.mark.usefixtures("batch")
def test_when_it_was_handed_in(course: Course) -> None:
    with course.gradebook() as gradebook:
        assert str(gradebook.find_submission("tiny", "late").timestamp) == "2025-01-02 03:04:05"
        assert gradebook.find_submission("tiny", "right").timestamp is None


@pytest.mark.usefixtures("batch")
def test_everybody_gets_feedback(course: Course) -> None:
    for student, row in rows(course).items():
        page = (course.folder("feedback", student, "tiny") / "tiny.html").read_text()
        assert "very secret" not in page
        if not row["score"]:
            assert "could not be graded" in page


@pytest.mark.usefixtures("batch")
def test_nothing_is_graded_twice_and_what_changed_is_graded_again(course: Course) -> None:
    """One file is broken since, another one has been corrected."""
    before = marks(course)
    paths = {s: course.folder("autograded", s, "tiny") / "tiny.ipynb" for s in ("right", "numbers")}
    stamp = paths["right"].stat().st_mtime_ns
    numbers, dies = (
        course.folder("submitted", s, "tiny") / "tiny.ipynb" for s in ("numbers", "dies")
    )
    kept = dies.read_bytes()
    shutil.copy(course.folder("submitted", "right", "tiny") / "tiny.ipynb", dies)
    broken = numbers.read_bytes()
    numbers.write_text("broken")

    done = run(course, "--workers", "1")
    assert done.status == 0, done.complained
    assert f"{len(HELD) - 2} had been graded before" in done.said
    assert paths["right"].stat().st_mtime_ns == stamp
    assert score_in_gradebook(course, "numbers") is None
    assert not paths["numbers"].exists()
    assert score_in_gradebook(course, "dies") == 4
    assert [rows(course)[s]["score"] for s in ("numbers", "dies", "right")] == ["", "4", "4"]

    numbers.write_bytes(broken)
    dies.write_bytes(kept)
    # All again, with another number of workers and so in another order: the same marks.
    done = run(course, "--workers", "3", "--force")
    assert done.status == 0, done.complained
    assert "had been graded before" not in done.said
    assert marks(course) == before


@pytest.mark.usefixtures("batch")
def test_one_student_alone(course: Course) -> None:
    done = run(course, "--student", "right", "--force")
    assert done.status == 0, done.complained
    assert "endless" not in done.said
    assert "1/1" in done.said


@pytest.mark.usefixtures("batch")
def test_two_runs_at_a_time_are_refused(course: Course) -> None:
    holder = os.open(course.root, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        done = run(course)
    finally:
        os.close(holder)
    assert done.status == 2
    assert "Another run is grading" in done.complained


@pytest.mark.usefixtures("batch")
def test_nbgraders_own_command_grades_as_well(course: Course) -> None:
    """`nbgrader autograde` reads the same configuration, so that the formgrader works."""
    shutil.rmtree(course.root / "submitted" / "jos\udce9")  # nbgrader would stop at this name
    arguments = ["autograde", "tiny", "--student=numbers", "--force"]
    nbgrader = [sys.executable, "-m", "nbgrader", *arguments]
    subprocess.run(nbgrader, cwd=course.root, capture_output=True, check=True)
    assert score_in_gradebook(course, "numbers") == 2


def recorded(course: Course) -> int:
    """How many submissions a killed run has brought home."""
    try:
        with closing(sqlite3.connect(f"file:{course.root}/gradebook.db?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM grading_record").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def kill_everything(coordinator: psutil.Process) -> None:
    """As a power cut does: nobody gets to say a word."""
    family = [coordinator, *coordinator.children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=20)


def kill_coordinator(coordinator: psutil.Process) -> None:
    coordinator.kill()
    psutil.wait_procs([coordinator], timeout=20)


def kill_a_worker(coordinator: psutil.Process) -> None:
    """The run goes on and comes to its end."""
    server = next(p for p in coordinator.children() if "forkserver" in " ".join(p.cmdline()))
    server.children()[0].kill()


def kill_a_sandbox(coordinator: psutil.Process) -> None:
    for process in coordinator.children(recursive=True):
        if process.name() == "bwrap":
            process.kill()
            return


def stamps(course: Course, students: Iterable[str]) -> dict[str, int]:
    """When the graded notebook of each student was written."""
    folders = {student: course.folder("autograded", student, "tiny") for student in students}
    return {student: (folders[student] / "tiny.ipynb").stat().st_mtime_ns for student in students}


def test_killed_at_any_moment_the_same_command_goes_on(tiny_course: Course, tmp_path: Path) -> None:
    shutil.copytree(tiny_course.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    expected = {f"s{number}": 4.0 if number % 2 else 2.0 for number in range(12)}
    for student, points in expected.items():
        hand_in(course, student, RIGHT if points == 4 else NUMBERS_ONLY)
    written: dict[str, int] = {}
    # What is killed once so many are recorded, and whether the command has to be given again.
    for after, kill, again in (
        (0, kill_everything, True),  # while the gradebook is being made
        (3, kill_coordinator, True),  # its workers see that, and end
        (5, kill_a_worker, False),
        (8, kill_a_sandbox, False),
    ):
        if again or after == 5:
            process = subprocess.Popen(
                [sys.executable, "-m", "grading", "run", "tiny", "--workers", "2"],
                cwd=course.root,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        while recorded(course) < after or not (course.root / "gradebook.db").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        kill(psutil.Process(process.pid))
        if again:
            process.communicate()
            assert stamps(course, written) == written  # what was there has not been touched
            written = stamps(course, marks(course)) if recorded(course) else {}
            for student in written:
                assert score_in_gradebook(course, student) == expected[student]
    _, complaint = process.communicate(timeout=200)
    assert process.returncode == 0, complaint
    assert stamps(course, written) == written
    assert {s: score_in_gradebook(course, s) for s in expected} == expected
    assert {row["score"] for row in rows(course).values()} == {"4", "2"}
