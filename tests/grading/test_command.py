"""Mistakes at the keyboard get one clear sentence and a status other than 0."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.__main__ import main
from grading.course import Course


@pytest.mark.parametrize("command", [["grade", "weights"], ["release", "weights"]])
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
    assert main(["grade", "tiny", *more]) == 2
    assert capsys.readouterr() == (
        "",
        f"Nothing was handed in for tiny{who}: put notebooks at submitted/<student>/tiny/.\n",
    )


def test_a_folder_that_is_no_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["grade", "tiny"]) == 2
    assert "run this in the folder of the course" in capsys.readouterr().err
