"""Tables that an LMS takes, numbers that can be checked, a page that loads nothing."""

from __future__ import annotations

import csv
import io
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hand_ins import REFUSED, make_record, mark_by_hand, write
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from grading.cli import main
from grading.course import Course, CourseError
from grading.items import analyse
from grading.report import Report, harmless, report, table
from grading.writer import CellMark

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def read(course: Course, name: str) -> list[list[str]]:
    with (course.root / "reports" / "tiny" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.fixture
def made(course: Course) -> Report:
    write(course, make_record(points=1), notebook=NOTEBOOK)
    write(course, make_record("bob", points=0, detail="twice 3 is 6"), notebook=NOTEBOOK)
    write(
        course, make_record("cai", points=0, detail="twice 3 is 6", written=""), notebook=NOTEBOOK
    )
    write(course, make_record("dan", points=0, detail="None"), notebook=NOTEBOOK)
    write(course, replace(REFUSED, student="=1+1"))
    with course.gradebook() as gradebook:
        facts = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org"}
        gradebook.update_or_create_student("ada", lms_user_id="77", **facts)
    mark_by_hand(course, score=2.0)
    return report(course, "tiny")


@pytest.mark.usefixtures("made")
def test_marks(course: Course) -> None:
    header, *rows = read(course, "marks.csv")
    assert header[:5] == ["student", "score", "max", "late penalty", "to read"]
    assert header[8:] == ["tiny/double_visible (1)", "tiny/double_hidden (3)", "tiny/written (2)"]
    assert [row[0] for row in rows] == ["'=1+1", "ada", "bob", "cai", "dan"]
    by_name = {row[0]: row for row in rows}
    assert by_name["ada"][1:6] == ["6", "6", "0", "no", "graded"]
    assert by_name["ada"][8:] == ["1", "3", "2"]
    assert by_name["bob"][1:6] == ["0", "6", "0", "yes", "graded"]
    assert by_name["'=1+1"][1:6] == ["", "6", "0", "no", "ungradable"]
    assert by_name["'=1+1"][7] == "It is <broken>."


@pytest.mark.parametrize("width", [80, 120])
def test_a_narrow_terminal_leaves_nothing_out(course: Course, width: int) -> None:
    student, file = "somebody.with-a-long-name@students.example.org", "a" * 40 + "/shapes.ipynb"
    write(course, replace(REFUSED, student=student, reason=f"{file} is <broken>."))
    write(course, make_record("bob"), notebook=NOTEBOOK)
    printed = io.StringIO()
    Console(file=printed, width=width).print(table(report(course, "tiny")))
    lines = [line.split("│") for line in printed.getvalue().splitlines() if line.startswith("│")]
    columns = ["".join(cell.strip() for cell in column) for column in zip(*lines, strict=True)]
    assert student in columns[1].replace("bob", "")
    assert f"{file}is<broken>." in columns[6].replace(" ", "")
    assert "graded" in columns[4]


@pytest.mark.usefixtures("made")
def test_what_canvas_takes(course: Course) -> None:
    header, points, *rows = read(course, "canvas.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "tiny"]
    assert points == ["Points Possible", "", "", "", "", "6"]
    assert ["Lovelace, Ada", "77", "", "ada", "", "6"] in rows
    assert ["bob", "", "", "bob", "", "0"] in rows


@pytest.mark.usefixtures("made")
def test_what_moodle_takes(course: Course) -> None:
    header, *rows = read(course, "moodle.csv")
    assert header == ["Username", "ID number", "Email address", "tiny", "tiny feedback"]
    assert ["ada", "77", "ada@example.org", "6", ""] in rows
    assert ["'=1+1", "", "", "", "It is <broken>."] in rows


def test_items(made: Report) -> None:
    visible, hidden, written = made.items
    assert (visible.name, visible.points, visible.answers) == ("tiny/double_visible", 1, 4)
    assert visible.difficulty == 0.25
    assert (visible.message, visible.times) == ("twice 3 is 6", 2)
    assert hidden.discrimination == pytest.approx(1.0)
    assert written.answers == 2  # the others have not been read yet
    assert written.difficulty == 0.5
    assert written.times == 0


@given(
    st.lists(
        st.tuples(*(st.integers(0, 4) for _ in range(3))),
        min_size=3,
        max_size=12,
    )
)
def test_item_statistics(scores: list[tuple[int, ...]]) -> None:
    questions = {"a": 4.0, "b": 4.0, "c": 4.0}
    graded = [
        (
            make_record(),
            {q: CellMark(s, 4.0, False, False) for q, s in zip(questions, row, strict=True)},
        )
        for row in scores
    ]
    for number, item in enumerate(analyse(questions, graded)):
        own = [row[number] for row in scores]
        rest = [sum(row) - row[number] for row in scores]
        assert item.difficulty == pytest.approx(statistics.fmean(own) / 4)
        if len(set(own)) == 1 or len(set(rest)) == 1:
            assert item.discrimination is None
        else:
            assert item.discrimination == pytest.approx(statistics.correlation(own, rest))


@pytest.mark.usefixtures("made")
def test_the_page(course: Course) -> None:
    text = (course.root / "reports" / "tiny" / "index.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    assert not soup.find_all(["script", "link", "img", "iframe"])
    assert "default-src 'none'" in text
    figures = soup.find_all(role="img")
    assert len(figures) == 2
    assert "4 students, from 0 to 6 of 6, median" in str(figures[0]["aria-label"])
    assert all(figure.svg for figure in figures)
    assert "twice 3 is 6" in soup.get_text()
    assert len(soup.find("tbody").find_all("tr")) == 3  # type: ignore[union-attr]


def test_a_class_of_one_or_none(course: Course) -> None:
    write(course, REFUSED)
    assert report(course, "tiny").items[0].difficulty is None
    write(course, make_record(), notebook=NOTEBOOK)
    assert report(course, "tiny").items[0].discrimination is None


@pytest.mark.usefixtures("made")
def test_it_never_enters_a_repository(course: Course) -> None:
    assert (course.root / "reports" / ".gitignore").read_text() == "*\n"


def test_what_somebody_has_removed_since(course: Course, made: Report) -> None:
    (course.folder("autograded", "bob", "tiny") / "tiny.ipynb").unlink()
    with course.gradebook() as gradebook:
        gradebook.remove_submission("tiny", "cai")
    scores = {row.record.student: row.score for row in report(course, "tiny").rows}
    assert scores == {row.record.student: row.score for row in made.rows} | {"cai": None}


def test_nothing_graded_yet_is_said(course: Course) -> None:
    with pytest.raises(CourseError, match="Nothing of tiny has been graded yet"):
        report(course, "tiny")


def test_the_command(
    course: Course,
    made: Report,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(course.root)
    assert main(["report", "tiny"]) == 0
    assert "reports/tiny/" in capsys.readouterr().out.replace("\n", "")
    assert len(made.rows) == 5


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_formula_gets_into_a_spreadsheet(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1.5", "3", "ada", "", "Zoë (2)", "1e5"])
def test_numbers_and_names_stay(text: str) -> None:
    assert harmless(text) == text


def test_reports_lie_where_they_are_said_to(made: Report, course: Course) -> None:
    assert made.assignment == "tiny"
    names = {path.name for path in Path(course.root, "reports", "tiny").iterdir()}
    assert names == {"index.html", "marks.csv", "canvas.csv", "moodle.csv"}
