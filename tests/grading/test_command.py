"""Mistakes at the keyboard get one clear sentence and a status other than 0."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hand_ins import hand_in, make_record, write

from grading.cli import GIVES_UP, main
from grading.course import Course


@pytest.mark.parametrize(
    "command", [["run", "weights"], ["report", "weights"], ["release", "weights"]]
)
def test_an_unknown_assignment(
    command: list[str],
    tiny_course: Course,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tiny_course.root)
    assert main(command) == 2
    said = "There is no assignment 'weights'; solutions/ has: tiny.\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(("more", "who"), [([], ""), (["--student", "ada"], " by ada")])
def test_nothing_handed_in(
    more: list[str],
    who: str,
    tiny_course: Course,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tiny_course.root)
    assert main(["run", "tiny", *more]) == 2
    assert capsys.readouterr() == (
        "",
        f"Nothing was handed in for tiny{who}: put notebooks at submitted/<student>/tiny/.\n",
    )


def test_a_folder_that_is_no_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "tiny"]) == 2
    assert "run this in the folder of the course" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--workers", "0"], ["--timeout", "-1"], ["--workers", "x"]])
def test_numbers_that_make_no_sense(
    arguments: list[str], tiny_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_course.root)
    with pytest.raises(SystemExit):
        main(["run", "tiny", *arguments])


@pytest.mark.parametrize("number", ["9" * 30, "1_000", "²", "1000001"])
def test_numbers_beyond_reason(
    number: str, tiny_course: Course, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tiny_course.root)
    with pytest.raises(SystemExit):
        main(["run", "tiny", "--timeout", number])
    assert "must be a whole number from 1 to 1000000" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["config", "gradebook", "folder", "demo"])
def test_what_cannot_be_used_is_named(
    what: str, course: Course, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(course.root)
    hand_in(course, "ada")
    expected = {
        "config": "nbgrader_config.py fails with SyntaxError: ",
        "gradebook": "The gradebook cannot be used: file is not a database. What is graded is kept",
        "folder": "reports/tiny cannot be used: Not a directory. What is graded is kept",
        "demo": "There is no assignment 'shapes'; solutions/ has: tiny.",
    }[what]
    if what == "config":
        (course.root / "nbgrader_config.py").write_text("c = (")
    elif what == "gradebook":
        (course.root / "gradebook.db").write_text("no database" * 1000)
    elif what == "folder":
        released = course.exercises / "tiny" / "tiny.ipynb"
        write(course, make_record(), None, released.read_text(encoding="utf-8"))
        (course.root / "reports").write_text("in the way")
    assert main(["demo"] if what == "demo" else ["report", "tiny"]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert "Traceback" not in said


def test_ctrl_c_while_the_program_is_still_being_read(course: Course) -> None:
    script = """
import runpy, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "rich.progress":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
sys.argv = ["grading", "run", "tiny"]
runpy.run_module("grading", run_name="__main__")
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "Stopped, before anything was done.\n"


def test_without_a_sandbox_nothing_is_touched(
    tiny_course: Course,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No bubblewrap can be found: one clear refusal, and no file more than before."""
    shutil.copytree(tiny_course.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    hand_in(course, "ada")
    before = sorted(course.root.rglob("*"))
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["run", "tiny"]) == 2
    said = capsys.readouterr()
    assert "bubblewrap" in said.err
    assert said.err.count("\n") == 1
    assert sorted(course.root.rglob("*")) == before


def test_limits_that_make_no_sense(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An assignment sets its own limits in the metadata of its notebook."""
    path = course.solutions / "tiny" / "tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.grading = {"cell_second": 3}
    nbformat.write(notebook, path)
    hand_in(course, "ada")
    monkeypatch.chdir(course.root)
    assert main(["run", "tiny"]) == 2
    assert "The limits for tiny.ipynb make no sense: there is no limit cell_second" in (
        capsys.readouterr().err
    )


def test_without_a_sandbox_on_demand(
    course: Course,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hand_in(course, "ada")
    monkeypatch.chdir(course.root)
    assert main(["run", "tiny", "--no-sandbox", "--workers", "1"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(GIVES_UP)
    assert "4 / 6" in said
