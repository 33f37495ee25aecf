"""The directive ``{challenge} <file stem>``: rounds of problems from one quiz file, by the clock.

A round draws some problems of each level from ``quizzes/<file stem>.yml``. Without a script the
page shows all of them, as a quiz does; ``static/challenge.js`` draws, times and counts. The answers
are computed as those of all questions: see `coursebook.quiz`.
"""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from coursebook.quiz import QuizDirective, quiz_node, skip

#: How many problems of each level a round has, in the order in which they are asked.
DRAW = {"easy": 1, "medium": 2, "hard": 2}
#: Seconds for each problem.
SECONDS = 120
#: So many problems of a round have to be right at the first try for the badge.
MASTERY = 4


class challenge_node(quiz_node):
    """The problems of one file; children are question nodes, as in a quiz."""


class ChallengeDirective(QuizDirective):
    """``{challenge} <file stem>``"""

    def run(self) -> list[nodes.Node]:
        (quiz,) = super().run()
        questions = list(quiz.children)
        there = Counter(question["question"].level for question in questions)
        for level, wanted in DRAW.items():
            if there[level] < wanted:
                raise self.error(
                    f"challenge: a round has {wanted} problems of level {level}, but "
                    f"{self.arguments[0]}.yml holds {there[level]}"
                )
        return [challenge_node("", *questions)]


def visit_challenge(self: HTML5Translator, node: challenge_node) -> None:
    draw = escape(json.dumps(DRAW))
    self.body.append(
        f'<section class="challenge" aria-label="Challenge" data-draw="{draw}" '
        f'data-seconds="{SECONDS}" data-mastery="{MASTERY}">\n'
        '<div class="challenge-panel" hidden>\n'
        '<p class="challenge-record"></p>\n'
        '<label><input type="checkbox" name="clock" checked> Use the clock</label>\n'
        '<button type="button" class="challenge-start">Start</button>\n'
        "</div>\n"
        '<p class="challenge-clock" role="timer" aria-label="Time left" hidden></p>\n'
        '<p class="challenge-said" role="status"></p>\n'
    )


def depart_challenge(self: HTML5Translator, node: challenge_node) -> None:
    self.body.append(
        '<p class="challenge-next" hidden><button type="button"></button></p>\n'
        '<div class="challenge-result" tabindex="-1" role="group" aria-label="Result" hidden>'
        "</div>\n"
        '<div class="challenge-badge" role="group" aria-label="Badge" hidden>\n'
        # A layer unrolled in time, in a ring.
        '<svg viewBox="0 0 120 120" width="120" aria-hidden="true">'
        '<circle cx="60" cy="60" r="54"></circle><circle cx="60" cy="60" r="46"></circle>'
        '<path d="M30 66h12M54 66h12M78 66h12M24 84v-12M48 84v-12M72 84v-12M96 84v-12'
        'M24 60v-12M48 60v-12M72 60v-12M96 60v-12"></path>'
        '<path class="challenge-cells" d="M18 60h12v12h-12zM42 60h12v12h-12zM66 60h12v12h-12z'
        'M90 60h12v12h-12z"></path></svg>\n'
        '<p class="challenge-title">Mastery</p>\n'
        '<p class="challenge-holder"></p>\n'
        f'<p class="challenge-book">{escape(self.builder.config.project)}</p>\n'
        '<p class="challenge-score"></p>\n'
        '<p class="challenge-print"><label>Name on the badge <input name="holder" maxlength="60" '
        'autocomplete="name"></label> <button type="button">Print the badge</button></p>\n'
        "</div>\n</section>\n"
    )


def add_assets(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Load the script and the style on the pages that hold a challenge, and on no other."""
    if '<section class="challenge"' in context.get("body", ""):
        app.add_css_file("coursebook/challenge.css")
        app.add_js_file("coursebook/challenge.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Add the directive; `coursebook.quiz` has to be set up as well."""
    plain: Any = {builder: (skip, skip) for builder in ("text", "latex", "man", "texinfo")}
    app.add_node(challenge_node, html=(visit_challenge, depart_challenge), **plain)
    app.add_directive("challenge", ChallengeDirective)
    app.connect("html-page-context", add_assets)
