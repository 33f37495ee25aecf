"""What the directives put into a page."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser

from small_book import ADDING, Book

#: Content that a label or a legend may not hold.
BLOCKS = {"div", "p", "pre", "ul", "ol", "form", "fieldset", "details", "section"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Reader(HTMLParser):
    """Reads a page strictly: each element closed in its place, no block in a label or legend."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.forms: list[dict[str, str | None]] = []
        self.inputs: list[dict[str, str | None]] = []
        self.quiz_tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if {"label", "legend"} & set(self.open):
            assert tag not in BLOCKS, (tag, self.open)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "form" and found.get("class") == "quiz-question":
            self.forms.append(found)
        if tag == "input" and "fieldset" in self.open:
            self.inputs.append(found)
            assert "label" in self.open
        if "form" in self.open:
            self.quiz_tags.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(book: Book) -> str:
    return (book.html / "numbers.html").read_text("utf8")


def test_markup_is_sound(book: Book) -> None:
    read = Reader(page(book))
    assert len(read.ids) == len(set(read.ids))
    names = [form["data-question"] for form in read.forms]
    assert names == ["predicted", "add", "even"]
    assert [item["type"] for item in read.inputs] == ["radio"] * 5 + ["checkbox"] * 3
    for tag, attributes in read.quiz_tags:  # a strict policy allows neither
        assert tag not in {"script", "style"}
        assert not {"style", "onclick"} & set(attributes)
    for reference in re.findall(r'aria-labelledby="(question[^"]*)"', page(book)):
        assert set(reference.split()) <= set(read.ids)


def test_the_key_in_the_page_is_the_one_that_was_computed(book: Book) -> None:
    keys = [json.loads(base64.b64decode(str(f["data-key"]))) for f in Reader(page(book)).forms]
    assert keys == [[True, False], [False, True, False], [True, False, True]]


def test_a_quiz_leaves_out_what_the_page_asks_elsewhere(book: Book) -> None:
    labels = re.findall(r'class="quiz-label">([^<]*)<', page(book))
    assert labels == ["Predict first", "Question 1 of 2", "Question 2 of 2"]


def test_code_and_maths_are_rendered_in_every_part(book: Book) -> None:
    html = page(book)
    form = html[html.index('id="question-add"') : html.index('id="question-even"')]
    code, reason = re.findall(r'<div class="highlight-python.*?</pre>', form, re.S)
    assert '<span class="o">=</span>' in code
    assert '<span class="s1">' in reason
    assert form.count('<span class="math') == 2
    assert '<span class="pre">a</span>' in form


def test_without_a_script_the_answer_can_be_read_and_no_button_is_dead(book: Book) -> None:
    html = page(book)
    assert re.findall(r"<noscript><p>(.*?)</p>", html) == ["Right: A.", "Right: B.", "Right: A, C."]
    assert html.count('<div class="quiz-actions" hidden>') == 3
    assert html.count('<div class="quiz-summary" hidden>') == 1


def test_an_edit_of_the_quiz_rebuilds_the_page(draft: Book) -> None:
    assert draft.build() == ""
    version = re.findall(r'data-version="(\w+)"', page(draft))
    draft.write("quizzes/adding.yml", ADDING.replace("b = 1", "b = 10"))
    assert draft.build() == ""
    assert re.findall(r"Right: \w", page(draft)) == ["Right: A", "Right: C", "Right: A"]
    changed = re.findall(r'data-version="(\w+)"', page(draft))
    assert [old == new for old, new in zip(version, changed, strict=True)] == [True, False, True]


def test_mistakes_are_reported_with_their_place(draft: Book) -> None:
    draft.write("quizzes/false.yml", ADDING.replace("b = 1\n", "b = 5\n").replace("id: ", "id: z-"))
    draft.write(
        "quizzes/odd.yml", ADDING.replace("hint: Use", "tip: Use").replace("id: ", "id: y-")
    )
    draft.write("numbers.md", "# N\n\n```{quiz} adding\n```\n\n```{quiz} false\n```\n")
    draft.write("other.md", "# O\n\n```{quiz} odd\n```\n\n```{quiz} none\n```\n")
    draft.write("twice.md", "# T\n\n```{question} add\n```\n\n```{question} add\n```\n")
    draft.write("index.md", "# I\n\n```{toctree}\nnumbers\nother\ntwice\n```\n\n")
    said = draft.build()
    assert "numbers.md:6: ERROR: false.yml: question z-add: choices: a single-choice" in said
    assert "other.md:3: ERROR: odd.yml: question y-add: tip: unknown field" in said
    assert "other.md:6: ERROR: quiz: there is no file quizzes/none.yml" in said
    assert "twice.md: WARNING: question add is placed twice on this page" in said


def test_an_unknown_question_is_reported(draft: Book) -> None:
    draft.write("numbers.md", "# N\n\n```{question} nowhere\n```\n")
    assert "numbers.md:3: ERROR: question: no file quizzes/*.yml has the id" in draft.build()


def test_other_builders_write_the_question_as_text(draft: Book) -> None:
    assert draft.build("text") == ""
    text = (draft.html.with_name("text") / "numbers.txt").read_text("utf8")
    for part in (
        '"a + b"',
        "b = 1",
        "Use your fingers.",
        "Right: B.",
        "Writing them side by side.",
    ):
        assert part in text
