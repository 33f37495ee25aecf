"""Our grading beside stock `nbgrader autograde`: throughput, memory, and the same marks.

``make bench-grading`` runs it on an idle machine (about 25 minutes) and writes
``results/grading.json`` and ``results/grading_memory.json``. Options make it smaller for a try:
``python -m benchmarks.grading --submissions 10 --memory 40``.

Stock means nbgrader as it comes: the course's configuration without any line that replaces a part
of nbgrader. All submissions are honest: right answers, and the mistakes of ``tests/assignments``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from tqdm import tqdm

from benchmarks import save
from grading.course import CONFIG_FILE, Course
from grading.demo import ASSIGNMENT, MISTAKES, fill_in, read_answers
from grading.release import generate
from grading.writer import Writer

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
STOCK = """\
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.course_id = "default_course"
"""


@dataclass(frozen=True)
class Measured:
    """One batch: wall time, and the most memory that its processes held, in bytes."""

    seconds: float
    coordinator_peak: int
    family_peak: int


def lay_course(root: Path, submissions: int) -> Course:
    """Make a course with that many honest submissions, of all combinations of `MISTAKES`."""
    shutil.copytree(ROOT / "solutions" / ASSIGNMENT, root / "solutions" / ASSIGNMENT)
    for name in (CONFIG_FILE, "_config.yml"):
        shutil.copy(ROOT / name, root)
    course = Course(root)
    generate(course, ASSIGNMENT, course.exercises, record=False)
    name = f"{ASSIGNMENT}.ipynb"
    released = nbformat.read(course.exercises / ASSIGNMENT / name, as_version=4)
    answers = read_answers(course.solutions / ASSIGNMENT / name)
    subsets = [
        chosen
        for size in range(len(MISTAKES) + 1)
        for chosen in itertools.combinations(MISTAKES, size)
    ]
    for number in range(submissions):
        mistakes = {grade_id: MISTAKES[grade_id] for grade_id in subsets[number % len(subsets)]}
        notebook = fill_in(released, answers | mistakes)
        # No two alike, so that nothing can be remembered from one for the next.
        notebook.cells[-1].source += f"\n\nSubmission {number}."
        folder = course.folder("submitted", f"student-{number:04}", ASSIGNMENT)
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / name)
    return course


def run(course: Course, command: list[str]) -> Measured:
    """Run a command in a course, and watch the memory of it and of all processes below it."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=course.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # nbgrader calls `alembic` by name.
        env=os.environ | {"OMP_NUM_THREADS": "1", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
    )
    peaks = [0, 0]
    watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), peaks))
    watcher.start()
    _, complaint = process.communicate()
    seconds = time.perf_counter() - began
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {complaint.decode()}")
    return Measured(seconds, *peaks)


def _watch(coordinator: psutil.Process, peaks: list[int]) -> None:
    """Keep the peaks of what a process holds for itself alone, and of its whole family."""
    while True:
        try:
            family = [coordinator, *coordinator.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        own = [_private(process) for process in family]
        if not own[0]:
            return
        peaks[0], peaks[1] = max(peaks[0], own[0]), max(peaks[1], sum(own))
        time.sleep(0.2)


def _private(process: psutil.Process) -> int:
    """Memory that would be free if the process ended: forks share most of theirs."""
    try:
        return int(process.memory_full_info().uss)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def marks(course: Course) -> dict[str, dict[str, float]]:
    """Return what each test of each student earned."""
    with Writer.open(course, ASSIGNMENT) as writer:
        return {
            student: {
                name: cell.score for file in files.values() for name, cell in file.cells.items()
            }
            for student, files in writer.marks().items()
        }


def students_share(course: Course) -> float:
    """Return the share of our time that is the student's own cells."""
    with Writer.open(course, ASSIGNMENT) as writer:
        records = list(writer.records())
    return sum(r.student_seconds for r in records) / sum(r.seconds for r in records)


def compare(submissions: int, scratch: Path) -> list[list[object]]:
    """Grade the same class by both, one after the other; one row a way."""
    ways = {
        "nbgrader autograde": ["nbgrader", "autograde", ASSIGNMENT],
        "ours, 1 worker": ["grading", "run", ASSIGNMENT, "--workers", "1"],
        "ours, 2 workers": ["grading", "run", ASSIGNMENT, "--workers", "2"],
    }
    rows: list[list[object]] = []
    found: dict[str, dict[str, dict[str, float]]] = {}
    stock = 0.0
    for way, command in tqdm(ways.items(), unit="way"):
        course = lay_course(scratch / way, submissions)
        share: float | None = None
        if command[0] == "nbgrader":
            (course.root / CONFIG_FILE).write_text(STOCK, encoding="utf-8")
            run(course, ["nbgrader", "generate_assignment", ASSIGNMENT, "--force"])
        measured = run(course, command)
        if command[0] == "nbgrader":
            stock = measured.seconds
        else:
            share = students_share(course)
        found[way] = marks(course)
        assert len(found[way]) == submissions
        rows.append(
            [
                way,
                submissions,
                round(measured.seconds, 1),
                round(measured.seconds / submissions, 3),
                round(stock / measured.seconds, 2),
                None if share is None else round(100 * share),
                round(measured.coordinator_peak / 1e6),
                round(measured.family_peak / 1e6),
            ]
        )
    first, *others = found.values()
    for other in others:
        assert other == first, "the marks differ"
    return rows


def coordinator_memory(most: int, scratch: Path) -> list[list[object]]:
    """Grade classes of growing size; the memory of the coordinator must not grow with them."""
    rows: list[list[object]] = []
    for submissions in (max(1, most // 10), most):
        course = lay_course(scratch / f"memory-{submissions}", submissions)
        measured = run(course, ["grading", "run", ASSIGNMENT, "--workers", "2"])
        rows.append([submissions, round(measured.coordinator_peak / 1e6, 1)])
    return rows


COLUMNS = [
    *("way", "submissions", "seconds", "s a submission", "times as fast", "% student's cells"),
    *("coordinator MB", "all processes MB"),
]


def show(columns: list[str], rows: list[list[object]]) -> None:
    table: list[list[object]] = [[*columns], *rows]
    widths = [max(len(str(row[at])) for row in table) for at in range(len(columns))]
    for row in table:
        print("  ".join(f"{value!s:>{width}}" for value, width in zip(row, widths, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--submissions", type=int, default=100, help="of the comparison; 0: none")
    parser.add_argument(
        "--memory", type=int, default=1000, help="of the memory measurement; 0: none"
    )
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/")
    options = parser.parse_args()
    command = "make bench-grading"
    with tempfile.TemporaryDirectory() as scratch:
        if options.submissions:
            rows = compare(options.submissions, Path(scratch))
            show(COLUMNS, rows)
            print("The marks are the same.\n")
            if options.keep:
                save(
                    "grading",
                    what=(
                        f"Seconds to grade {options.submissions} honest submissions of "
                        f"`{ASSIGNMENT}` on one machine, one way after the other, with the same "
                        "marks; start and, in ours, sandbox, report and feedback included. Memory "
                        "is what processes hold for themselves, at the worst moment."
                    ),
                    command=command,
                    columns=COLUMNS,
                    rows=rows,
                )
        if options.memory:
            rows = coordinator_memory(options.memory, Path(scratch))
            columns = ["submissions", "coordinator MB"]
            show(columns, rows)
            if options.keep:
                save(
                    "grading_memory",
                    what=(
                        "Memory that the process which writes the marks holds for itself, by class "
                        "size."
                    ),
                    command=command,
                    columns=columns,
                    rows=rows,
                )


if __name__ == "__main__":
    main()
