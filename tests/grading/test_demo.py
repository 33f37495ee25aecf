"""The demo's five submissions are what they say they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from grading.collect import Ungradable, collect
from grading.course import Course
from grading.demo import ASSIGNMENT, MISTAKES, lay_course, read_answers
from grading.intake import take_in
from grading.run import submissions

ROOT = Path(__file__).parents[2]


def test_five_submissions(tmp_path: Path) -> None:
    for name in ("nbgrader_config.py", "_config.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "left from before").touch()

    demo = lay_course(Course(tmp_path))
    assert demo.root == tmp_path / "demo"
    assert not (demo.root / "left from before").exists()
    students = submissions(demo, ASSIGNMENT)
    assert students == ["duplicated", "full", "not-json", "partial", "wrong"]

    name = f"{ASSIGNMENT}.ipynb"
    released = nbformat.read(demo.exercises / ASSIGNMENT / name, as_version=4)
    answers = read_answers(demo.solutions / ASSIGNMENT / name)
    right = {}
    for student in students:
        folder = demo.folder("submitted", student, ASSIGNMENT)
        if student == "not-json":
            with pytest.raises(Ungradable):
                take_in(collect(folder, [name]), name, released, released)
            continue
        intake = take_in(collect(folder, [name]), name, released, released)
        assert bool(intake.repairs) == (student == "duplicated")
        sources = [cell.source for cell in intake.notebook.cells]
        right[student] = {grade_id for grade_id in answers if answers[grade_id] in sources}
    assert right["full"] == right["duplicated"] == answers.keys()
    assert right["partial"] == answers.keys() - MISTAKES.keys()
    assert right["wrong"] == set()
