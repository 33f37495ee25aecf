"""Mistakes at the keyboard get one clear sentence and a status other than 0."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from hand_ins import hand_in

from grading.__main__ import GIVES_UP, main
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
