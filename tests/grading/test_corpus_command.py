"""The crafted submissions handed in together and graded by the real command: the same outcome."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grading.course import Course
from grading.demo import read_answers
from grading.writer import Writer
from tests.grading.examiner.test_corpus import CASES, ROOT, submit

#: Cases by the limits that they need, which an assignment has, not a submission. Left out are those
#: with test cells of their own: they are other assignments.
CLASSES: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
for name, case in CASES.items():
    if "tests" not in case:
        CLASSES[json.dumps(case.get("limits", {}))][name] = case

pytestmark = pytest.mark.xdist_group("corpus")


def hand_in(root: Path, limits: str, cases: dict[str, dict[str, Any]]) -> Course:
    """Make a course in which each case is a student's submission."""
    for name in ("nbgrader_config.py", "_config.yml"):
        shutil.copy(ROOT / name, root)
    course = Course(root)
    released = nbformat.read(ROOT / "exercises/shapes/shapes.ipynb", as_version=4)
    solution = nbformat.read(ROOT / "solutions/shapes/shapes.ipynb", as_version=4)
    reference = read_answers(ROOT / "solutions/shapes/shapes.ipynb")
    if limits != "{}":
        solution.metadata["grading"] = json.loads(limits)
    (course.solutions / "shapes").mkdir(parents=True)
    nbformat.write(solution, course.solutions / "shapes" / "shapes.ipynb")
    for name, case in cases.items():
        folder = course.folder("submitted", name, "shapes")
        folder.mkdir(parents=True)
        text = nbformat.writes(submit(case, released, reference))
        (folder / "shapes.ipynb").write_bytes(text.encode("utf-8", "surrogatepass"))
    return course


@pytest.mark.parametrize("limits", CLASSES)
def test_command_reaches_the_right_outcome(tmp_path: Path, limits: str) -> None:
    cases = CLASSES[limits]
    course = hand_in(tmp_path, limits, cases)
    command = [sys.executable, "-m", "grading", "run", "shapes", "--workers", "2"]
    subprocess.run(command, cwd=course.root, check=True, stdout=subprocess.DEVNULL)
    with Writer.open(course, "shapes") as writer:
        marks = writer.marks()
        records = {record.student: record for record in writer.records()}
    assert records.keys() == cases.keys()
    wrong = {}
    for name, case in cases.items():
        cells = {
            name: mark
            for name, mark in marks[name]["shapes.ipynb"].cells.items()
            if not mark.needs_manual
        }
        lost = {n: m.max_score - m.score for n, m in cells.items() if m.max_score != m.score}
        earned = sum(mark.score for mark in cells.values())
        flags = " ".join(records[name].flags)
        if "loses" in case:
            right = lost == case["loses"]
        else:
            right = case.get("points", 0) in (None, earned)
        flag = case.get("flag")
        right = right and (not flags if flag == "" else (flag or "").lower() in flags.lower())
        if not right:
            wrong[name] = (earned, lost, flags)
    assert not wrong
