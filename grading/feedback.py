"""What a student gets back: a page with every mark, message and comment, and no hidden test."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML, strip_ansi
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade
from traitlets import default
from traitlets.config import Config

from grading.course import Course
from grading.records import ENVIRONMENT, Record, digest
from grading.sanitise import (
    MAX_MARKUP,
    clean_html,
    clean_notebook,
    safe_markdown,
)
from grading.writer import Marks, Writer, write_atomically

TEMPLATES = Path(__file__).parent / "templates"
CSS = (TEMPLATES / "course_feedback" / "style.css").read_text(encoding="utf-8")
ASK = "Your submission is graded, and nothing of it is lost: ask your instructor for your marks."
SECRET = 10  # characters that a line must have before it can give a test away
COMMON = 512  # texts that are kept rendered: those of the assignment, the same in every submission
MAX_LINE = 1_000  # characters of a line of code that is highlighted
MAX_SPACE = 200  # of white space in a row
MAX_CODE = 100_000  # of one notebook


class HideHiddenTests(ClearHiddenTests):
    """Take the hidden tests, and whatever they wrote, out of the feedback.

    A test cell holds visible tests or hidden ones, never both, so everything that a cell with
    hidden tests wrote comes from them. Lines of them are taken out of all other outputs as well: a
    traceback could show them.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        secret = set(self._hidden_lines(nb))
        nb, resources = super().preprocess(nb, resources)
        shown = {line.strip() for cell in nb.cells for line in cell.source.splitlines()}
        secret = {line for line in secret - shown if len(line) >= SECRET}
        for cell in nb.cells if secret else ():
            for output in cell.get("outputs", []):
                _strike_out(output, secret)
        return nb, resources

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, cell_index: int
    ) -> tuple[NotebookNode, Any]:
        if is_grade(cell) and self._remove_hidden_test_region(cell):
            cell.outputs = []
        return cell, resources

    def _hidden_lines(self, nb: NotebookNode) -> Iterator[str]:
        for cell in nb.cells:
            if is_grade(cell):
                _, begin, hidden = cell.source.partition(self.begin_test_delimeter)
                if begin:
                    yield from (line.strip() for line in hidden.splitlines())


def _strike_out(output: NotebookNode, secret: set[str]) -> None:
    """Drop every line of an output that has a secret line in it."""

    def clean(text: str) -> str:
        lines = text.split("\n")
        return "\n".join(
            line for line in lines if not any(hidden in strip_ansi(line) for hidden in secret)
        )

    if output.output_type == "stream":
        output.text = clean(output.text)
    elif output.output_type == "error":
        output.evalue = clean(output.evalue)
        output.traceback = [clean(part) for part in output.traceback]
    else:
        for kind, content in output.data.items():
            if kind.startswith("text/"):
                output.data[kind] = clean(content)


class FeedbackExporter(TemplateExporter):
    """nbconvert, with a page of our own that loads nothing and runs nothing.

    nbgrader's ``GenerateFeedback`` can use it as its ``exporter_class``.
    """

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "course_feedback"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    @property
    def default_config(self) -> Config:
        shown = ["image/svg+xml", "image/png", "image/jpeg", "text/html", "text/markdown"]
        shown += ["text/latex", "text/plain"]
        return Config({"NbConvertBase": {"display_data_priority": shown}})

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        yield from super().default_filters()
        plain = lru_cache(COMMON)(safe_markdown)
        yield (
            "safe_markdown",
            lambda text, pictures=None: safe_markdown(text, pictures) if pictures else plain(text),
        )
        yield "clean_html", clean_html
        highlight = lru_cache(COMMON)(Highlight2HTML(pygments_lexer="ipython3", parent=self))

        def code(source: str) -> str:
            self._left -= len(source)
            if self._left < 0 or is_slow(source):
                return f'<div class="highlight"><pre>{escape(source)}</pre></div>'
            return highlight(source)

        yield "highlight_code", code

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[Any, Any]:
        resources = {} if resources is None else resources
        resources["feedback_css"] = CSS
        self._left = MAX_CODE
        nb, resources = HideHiddenTests().preprocess(clean_notebook(deepcopy(nb)), resources)
        return super().from_notebook_node(nb, resources, **options)


def is_slow(source: str) -> bool:
    """Whether code could take the highlighter long: some of its patterns look far ahead."""
    return (
        len(source) > MAX_MARKUP
        or max(map(len, source.split("\n"))) > MAX_LINE
        or re.search(rf"\s{{{MAX_SPACE}}}", source) is not None
    )


class FeedbackWriter:
    """Writes the feedback of one assignment, as far as it is not up to date.

    Parameters
    ----------
    course : Course
    assignment : str
    writer : Writer
        Where the marks are.
    """

    def __init__(self, course: Course, assignment: str, writer: Writer) -> None:
        self._course = course
        self._assignment = assignment
        self._writer = writer
        self._exporter = FeedbackExporter()

    def write(self, record: Record, given: dict[str, Marks] | None = None) -> None:
        """Write the pages of one student, whose marks may be given by notebook."""
        folder = self._course.folder("feedback", record.student, self._assignment)
        if record.status == "ungradable":
            for old in folder.glob("*.html"):
                old.unlink()
            write_atomically(folder / f"{self._assignment}.html", self._refusal(record))
            return
        graded = self._course.folder("autograded", record.student, self._assignment)
        given = given or self._writer.marks(record.student).get(record.student, {})
        for file, marks in given.items():
            if not (graded / file).is_file():  # somebody removed it: the next run makes it again
                continue
            text = (graded / file).read_text(encoding="utf-8")
            key = digest(text, marks.to_dict(), record.repairs, ENVIRONMENT)
            path = folder / Path(file).with_suffix(".html")
            if not _is_of(path, key):
                try:
                    page = self._page(file, text, marks, record, key)
                except Exception as error:  # of one student: the others are to get theirs
                    print(f"No feedback for {record.student!r}: {error!r:.200}", file=sys.stderr)
                    page = self._notice("The page of your submission could not be made.", ASK)
                write_atomically(path, page)

    def _page(self, file: str, text: str, marks: Marks, record: Record, key: str) -> str:
        notebook = nbformat.reads(text, as_version=4)
        for cell in notebook.cells:
            mark = cell.metadata.get("nbgrader")
            if mark:
                name = mark["grade_id"]
                mark["comment"] = marks.comments.get(name)
                if name in marks.cells:
                    given = marks.cells[name]
                    mark["score"], mark["points"] = given.score, given.max_score
                    mark["needs_manual_grade"] = given.needs_manual
        resources = {
            "nbgrader": {
                "notebook": Path(file).stem,
                "student": record.student,
                "score": marks.score - marks.late_penalty,
                "max_score": marks.max_score,
                "late_penalty": marks.late_penalty,
                "remarks": record.repairs,
                "digest": key,
            }
        }
        page, _ = self._exporter.from_notebook_node(notebook, resources)
        return page

    def _refusal(self, record: Record) -> str:
        return self._notice(
            "Your submission could not be graded.",
            record.reason,
            "Correct this and hand in again, or ask your instructor.",
        )

    def _notice(self, heading: str, note: str, advice: str = "") -> str:
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>Feedback: {escape(self._assignment)}</title>\n<style>\n{CSS}</style>\n"
            f"</head>\n<body>\n<main>\n<h1>Feedback: {escape(self._assignment)}</h1>\n"
            f"<p><strong>{escape(heading)}</strong></p>\n"
            f'<p class="note">{escape(note)}</p>\n'
            f"<p>{escape(advice)}</p>\n"
            "</main>\n</body>\n</html>\n"
        )


def _is_of(path: Path, key: str) -> bool:
    """Whether a page was made from exactly these marks and this notebook."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8") as file:
        found = re.search(r'<meta name="digest" content="(\w*)">', file.read(1000))
    return found is not None and found[1] == key
