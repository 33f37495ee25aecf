"""What a student gets back: each mark, message and comment; no hidden test, script or request."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hand_ins import REFUSED, make_record, mark_by_hand, write
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from playwright.sync_api import Browser

from grading.course import Course
from grading.feedback import FeedbackWriter
from grading.records import Record
from grading.report import report
from grading.writer import Writer

HIDDEN = 'points += 2 if double("very secret") == "very secretvery secret" else 0'


@pytest.fixture
def graded(master: NotebookNode) -> NotebookNode:
    """The tiny notebook after grading; what failed shows more than it should."""
    answer, visible, hidden, written = master.cells[2:]
    answer.source = "def double(x):\n    return x"
    answer.outputs = [
        new_output("stream", text=f"> 1 {HIDDEN}\nmine\n"),
        new_output("display_data", data={"text/html": "<script>x()</script><i>html</i>"}),
    ]
    visible.outputs = [
        new_output(
            "error", ename="AssertionError", evalue="twice 3 is 6", traceback=["a", f"b\n{HIDDEN}"]
        )
    ]
    hidden.outputs = [new_output("error", ename="E", evalue="hidden error", traceback=["t"])]
    written.source = "It **doubles** $x_t$ <script>alert(1)</script>![p](http://evil.example/p.png)"
    master.cells.append(new_code_cell("import math\n# <b>mine</b>", id="own-1"))
    master.cells.append(new_markdown_cell("<img src=x onerror=alert(1)>", id="own-2"))
    return master


@pytest.fixture
def page(course: Course, graded: NotebookNode) -> Callable[..., str]:
    """Write a submission and its feedback; give the page."""

    def make(record: Record | None = None) -> str:
        record = write(course, record or make_record(points=0), None, json.dumps(graded))
        return refresh(course, record)

    return make


def refresh(course: Course, record: Record) -> str:
    with Writer.open(course, "tiny") as writer:
        FeedbackWriter(course, "tiny", writer).write(record)
    return path(course).read_text(encoding="utf-8")


def path(course: Course) -> Path:
    return course.folder("feedback", "ada", "tiny") / "tiny.html"


def test_it_says_what_is_wrong(page: Callable[..., str]) -> None:
    soup = BeautifulSoup(
        page(replace(make_record(points=0), repairs=("It was <mended>.",))), "html.parser"
    )
    text = soup.get_text(" ", strip=True)
    assert "AssertionError: twice 3 is 6" in text
    assert "0 of 6 points" in text
    assert "It was <mended>." in text
    assert "Written answer: written (still to be read)" in " ".join(text.split())
    assert soup.find("strong", string="doubles")
    assert soup.find("msub")


def test_no_hidden_test_is_in_it(page: Callable[..., str]) -> None:
    text = page()
    for secret in ("very secret", "hidden error", "BEGIN HIDDEN"):
        assert secret not in text
    assert "# Hidden tests" in BeautifulSoup(text, "html.parser").get_text()
    assert "mine" in text  # only the line that shows it is gone


def test_nothing_in_it_runs_or_loads(page: Callable[..., str], chromium: Browser) -> None:
    """The page is opened in a browser, without the policy that would forbid it all."""
    text = page()
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in text
    assert "<script" not in text
    tab = chromium.new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    tab.set_content(text.replace("http-equiv", "data-none"))
    tab.wait_for_timeout(200)
    assert [url for url in asked if not url.startswith("data:")] == []
    assert said == []
    assert tab.locator("math").count() == 1
    tab.close()


def test_marks_and_comments_by_hand_are_in_it(course: Course, page: Callable[..., str]) -> None:
    before = page()
    mark_by_hand(course, comment="Well *put*, <script>.")
    after = refresh(course, make_record(points=0))
    assert "Well <em>put</em>" in after
    assert "1.5 of 2 points" in after
    assert "still to be read" not in after
    assert before != after


@pytest.mark.parametrize(
    "code", ["a" + ".a" * 9000, "@" + "a." * 9000, "\n\t" * 9000, "1+" * 20_000 + "1"]
)
def test_code_that_is_meant_to_keep_the_highlighter_busy(
    page: Callable[..., str], graded: NotebookNode, code: str
) -> None:
    """Some of these took it more than a minute; now they are text."""
    graded.cells[-2].source = code
    soup = BeautifulSoup(page(), "html.parser")
    assert code in [pre.get_text() for pre in soup.select("pre")]
    assert soup.select(".highlight .k, .highlight .kn")  # the other cells are in colours


def test_one_page_that_fails_does_not_stop_the_others(
    course: Course,
    page: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any) -> str:
        raise ValueError("of whatever kind")

    with monkeypatch.context() as patched:
        patched.setattr(FeedbackWriter, "_page", fail)
        assert "ask your instructor for your marks" in page()
    assert capsys.readouterr().err == "No feedback for 'ada': ValueError('of whatever kind')\n"
    assert "0 of 6 points" in page()  # what failed is tried again


def test_it_is_written_again_only_if_something_changed(
    course: Course, page: Callable[..., str]
) -> None:
    page()
    stamp = path(course).stat().st_mtime_ns
    refresh(course, make_record(points=0))
    assert path(course).stat().st_mtime_ns == stamp


def test_a_refusal_says_why(course: Course, page: Callable[..., str]) -> None:
    page()
    write(course, REFUSED)
    text = refresh(course, REFUSED)
    assert "It is &lt;broken&gt;." in text
    assert "points" not in text


def test_the_notebook_is_left_as_it_is(course: Course, page: Callable[..., str]) -> None:
    page()
    kept = course.folder("autograded", "ada", "tiny") / "tiny.ipynb"
    before = deepcopy(kept.read_bytes())
    refresh(course, make_record(points=1))
    assert kept.read_bytes() == before
    assert b"very secret" in kept.read_bytes()  # whoever grades by hand sees the tests


AXE = Path(__file__).parents[2] / "coursebook" / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["feedback", "refusal", "report"])
def test_everybody_can_read_it(
    course: Course, page: Callable[..., str], chromium: Browser, which: str, scheme: Any
) -> None:
    """axe-core finds nothing: no violation of WCAG 2.2 AA, in light and in dark."""
    text = page()
    if which == "refusal":
        write(course, REFUSED)
        text = refresh(course, REFUSED)
    elif which == "report":
        report(course, "tiny")
        text = (course.root / "reports" / "tiny" / "index.html").read_text(encoding="utf-8")
    tab = chromium.new_context(color_scheme=scheme).new_page()
    tab.set_content(text.replace("http-equiv", "data-none"))
    tab.add_script_tag(path=AXE)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = tab.evaluate("rules => axe.run({runOnly: rules}).then(r => r.violations)", rules)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
    tab.close()
