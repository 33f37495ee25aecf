"""Directives that place questions of ``quizzes/*.yml`` in a page.

``{quiz} <file stem>`` places the questions of one file, less those that the same page places by
``{question} <id>``, which belongs before the cell that answers it: predict first.

The doctree of a question is made of ordinary nodes, so every builder can show it as text. For HTML
it becomes a form: readable before any script ran, and brought to life by ``static/quiz.js``.
"""

from __future__ import annotations

import base64
import functools
import json
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from rnnlib.quiz import Question, Quiz, QuizError, letter, load

logger = logging.getLogger(__name__)
#: Folder of the quiz files, in the book's root.
FOLDER = "quizzes"


class quiz_node(nodes.General, nodes.Element):
    """The questions of one file; children are question nodes."""


class question_node(nodes.General, nodes.Element):
    """One question.

    Attributes ``question`` (a `rnnlib.quiz.Question`), ``key`` (list of bool), ``question_id``,
    ``quiz_file`` and ``label``. Children: prompt, code (if any), list of choices, hint, answer.
    """


class _Directive(SphinxDirective):
    required_arguments = 1

    def load(self, path: Path) -> Quiz:
        """Read a quiz file; an edit of it, also one that mends it, rebuilds the page."""
        self.env.note_dependency(f"{FOLDER}/{path.name}")
        try:
            return _load(path, path.stat().st_mtime_ns)
        except QuizError as error:
            raise self.error(str(error)) from None

    def question(self, question: Question) -> question_node:
        """Build the doctree of a question."""
        try:
            key = question.solve()
        except QuizError as error:
            raise self.error(str(error)) from None

        node = question_node(
            ids=[f"question-{question.id}"],
            question=question,
            key=key,
            question_id=question.id,
            quiz_file=question.file,
            label="Predict first",
        )
        node += nodes.container("", *self.parse(question.prompt))
        if question.code:
            node += nodes.literal_block(question.code, question.code, language="python")
        node += nodes.enumerated_list(
            "",
            *(nodes.list_item("", *self.parse(choice.text)) for choice in question.choices),
            enumtype="upperalpha",
            prefix="",
            suffix=".",
        )
        node += nodes.admonition("", nodes.title("", "Hint"), *self.parse(question.hint))
        right = ", ".join(letter(i) for i, is_right in enumerate(key) if is_right)
        node += nodes.admonition(
            "",
            nodes.title("", "Answer"),
            nodes.paragraph("", f"Right: {right}."),
            nodes.enumerated_list(
                "",
                *(nodes.list_item("", *self.parse(choice.explain)) for choice in question.choices),
                enumtype="upperalpha",
                prefix="",
                suffix=".",
            ),
            nodes.container("", *self.parse(f"**Common mistake:** {question.mistake}")),
        )
        return node

    def parse(self, markdown: str) -> list[nodes.Node]:
        """Parse text as the page around it is parsed, so that code and maths look alike."""
        parent = nodes.Element()
        lines = StringList(markdown.splitlines(), source=self.get_source_info()[0])
        self.state.nested_parse(lines, 0, parent)
        return parent.children


class QuizDirective(_Directive):
    """``{quiz} <file stem>``"""

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir, FOLDER, f"{self.arguments[0]}.yml")
        if not path.is_file():
            raise self.error(f"quiz: there is no file {FOLDER}/{path.name}")
        return [quiz_node("", *map(self.question, self.load(path).questions))]


class QuestionDirective(_Directive):
    """``{question} <id>``"""

    def run(self) -> list[nodes.Node]:
        for path in sorted(Path(self.env.srcdir, FOLDER).glob("*.yml")):
            for question in self.load(path).questions:
                if question.id == self.arguments[0]:
                    return [self.question(question)]
        raise self.error(f"question: no file {FOLDER}/*.yml has the id {self.arguments[0]!r}")


@functools.cache  # each {question} looks through all files
def _load(path: Path, modified: int) -> Quiz:
    return load(path)


def arrange(app: Sphinx, doctree: nodes.document) -> None:
    """Leave out of each quiz what the page asks elsewhere, and number the rest."""
    inline = [
        node["question_id"]
        for node in doctree.findall(question_node)
        if not isinstance(node.parent, quiz_node)
    ]
    for twice in {name for name in inline if inline.count(name) > 1}:
        logger.warning("question %s is placed twice on this page", twice, location=app.env.docname)
    for quiz in doctree.findall(quiz_node):
        quiz.children = [child for child in quiz.children if child["question_id"] not in inline]
        for number, child in enumerate(quiz.children, start=1):
            child["label"] = f"Question {number} of {len(quiz.children)}"


def visit_quiz(self: HTML5Translator, node: quiz_node) -> None:
    self.body.append('<section class="quiz" aria-label="Quiz">\n')


def depart_quiz(self: HTML5Translator, node: quiz_node) -> None:
    self.body.append(
        '<div class="quiz-summary" hidden>\n'
        '<ol class="quiz-map" aria-label="Questions on this page"></ol>\n'
        '<p class="quiz-score"></p>\n'
        '<p class="quiz-page"></p>\n'
        '<p class="quiz-kept"></p>\n'
        '<button type="button" class="quiz-reset">Reset progress</button>\n'
        '<p class="quiz-note"></p>\n'
        "</div>\n</section>\n"
    )


def visit_question(self: HTML5Translator, node: question_node) -> None:
    """Write the whole form; its parts are written by their own visitors."""
    question: Question = node["question"]
    prompt, *code, choices, hint, answer = node.children
    _, right, reasons, mistake = answer.children
    name = node["ids"][0]
    # base64 keeps no secret: it only keeps the answer from being read while looking at the markup.
    key = base64.b64encode(json.dumps(node["key"]).encode()).decode()
    kind = "radio" if question.kind == "single" else "checkbox"
    many = '<p class="quiz-many">Choose all that apply.</p>\n' if kind == "checkbox" else ""

    def write(markup: str) -> None:
        self.body.append(markup)

    def walk(children: list[nodes.Node]) -> None:
        for child in children:
            child.walkabout(self)

    write(
        f'<form class="quiz-question" id="{name}" data-question="{question.id}" '
        f'data-version="{question.version}" data-key="{key}">\n'
        # A legend holds no blocks: the prompt stands beside it and completes the group's name.
        f'<fieldset aria-labelledby="{name}-legend {name}-prompt">\n'
        f'<legend id="{name}-legend"><span class="quiz-label">{escape(node["label"])}</span> '
        f'<span class="quiz-level" data-level="{question.level}">{question.level}</span> '
        f'<span class="quiz-state"></span></legend>\n'
        f'<div class="quiz-prompt" id="{name}-prompt">\n'
    )
    walk(prompt.children)
    write(f"{many}</div>\n")
    walk(code)
    for index, choice in enumerate(choices.children):
        write(
            f'<label class="quiz-choice"><input type="{kind}" name="{name}" value="{index}">'
            f'<span class="quiz-letter">{letter(index)}</span> <span class="quiz-text">'
        )
        walk(choice.children[0].children)  # the inside of the choice's one paragraph
        write("</span></label>\n")
    write('</fieldset>\n<details class="quiz-hint"><summary>Hint</summary>\n')
    walk(hint.children[1:])
    write(
        "</details>\n"
        '<div class="quiz-actions" hidden>'
        '<button type="submit" class="quiz-check">Check</button> '
        '<button type="button" class="quiz-again" hidden>Try again</button></div>\n'
        '<div class="quiz-feedback"></div>\n'
        # Without a script this is the way to the answer; the script takes the explanations from it.
        '<details class="quiz-answer"><summary>Answer</summary>\n<noscript>'
    )
    walk([right])
    write('</noscript>\n<ol class="quiz-reasons">\n')
    for reason in reasons.children:
        write("<li>\n")
        walk(reason.children)
        write("</li>\n")
    write('</ol>\n<div class="quiz-mistake">\n')
    walk(mistake.children)
    write("</div>\n</details>\n</form>\n")
    raise nodes.SkipNode


def skip(self: nodes.NodeVisitor, node: nodes.Element) -> None:
    """Write nothing around the children: they are ordinary nodes."""


def setup(app: Sphinx) -> None:
    """Add the directives and their nodes."""
    # Keyed by builder: for the others the children, ordinary nodes, say it all.
    plain: Any = {builder: (skip, skip) for builder in ("text", "latex", "man", "texinfo")}
    app.add_node(quiz_node, html=(visit_quiz, depart_quiz), **plain)
    app.add_node(question_node, html=(visit_question, skip), **plain)
    app.add_directive("quiz", QuizDirective)
    app.add_directive("question", QuestionDirective)
    app.connect("doctree-read", arrange)
