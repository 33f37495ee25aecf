"""Quiz questions whose answer keys are computed by running code, never typed.

A quiz is a YAML file holding a list of questions. Each choice carries a ``claim``, a Python
expression; the choice is right if and only if its claim is True after the question's snippet ran::

    - id: shape-with-time-first      # a slug, unique over all quizzes
      level: easy                    # easy, medium or hard
      kind: single                   # single: exactly one right choice; multiple: at least one
      prompt: What is the shape of `output`?
      setup: torch.set_num_threads(1)        # optional: run, not shown
      code: |                                # optional: run after setup, and shown
        rnn = nn.RNN(5, 3)
        output, h_n = rnn(torch.randn(4, 2, 5))
      choices:
        - text: '`(4, 2, 3)`'                # Markdown, one paragraph
          claim: output.shape == eval(shown)
          explain: The layer keeps time and batch and replaces the features by `hidden_size`.
        - ...
      hint: Only the last axis changes.
      mistake: Expecting the batch first.

A snippet and its claims share one namespace, which starts with

``torch``, ``nn``, ``np``, ``math``
    the usual modules (``np`` is NumPy), with torch's random generator seeded;
``raises(kind, text, call)``
    True if ``call()`` raises ``kind`` with ``text`` in its message;
``error``
    what the shown ``code`` raised, or None. Code that raises is allowed only if a claim reads this;
``shown``
    inside a claim: the first inline code of the choice's own text, so that ``eval(shown)`` tests
    the very characters that the reader sees.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import math
import re
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import nn

LEVELS = ("easy", "medium", "hard")
KINDS = ("single", "multiple")
#: Fields of a question and of a choice: name -> required.
QUESTION_FIELDS = {
    "id": True,
    "level": True,
    "kind": True,
    "prompt": True,
    "setup": False,
    "code": False,
    "choices": True,
    "hint": True,
    "mistake": True,
}
CHOICE_FIELDS = {"text": True, "claim": True, "explain": True}


class QuizError(ValueError):
    """A quiz file that cannot be used: the message names the file, the question and the field."""


@dataclass(frozen=True)
class Choice:
    """One choice of a question.

    Attributes
    ----------
    text, explain : str
        Markdown. ``text`` is a single paragraph; ``explain`` says why the choice is right or wrong.
    claim : str
        Python expression that is True if and only if the choice is right.
    """

    text: str
    claim: str
    explain: str

    @property
    def shown(self) -> str:
        """The first inline code of ``text``, or an empty string."""
        span = re.search(r"`([^`]+)`", self.text)
        return span.group(1) if span else ""


@dataclass(frozen=True)
class Question:
    """One question; the module's docstring explains the fields."""

    id: str
    level: str
    kind: str
    prompt: str
    choices: tuple[Choice, ...]
    hint: str
    mistake: str
    setup: str = ""
    code: str = ""
    #: Name of the quiz file, for messages: not part of what the question says.
    file: str = field(default="", compare=False)

    @property
    def version(self) -> str:
        """Digest of the content: it changes when the question is edited."""
        content = dataclasses.asdict(self) | {"file": ""}
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]

    def solve(self, seed: int = 0) -> list[bool]:
        """Compute the key by running the snippet and then each claim.

        Parameters
        ----------
        seed : int
            Seed of torch's random generator. A sound question has the same key for every seed.

        Returns
        -------
        list of bool
            For each choice, whether it is right.

        Raises
        ------
        QuizError
            If the snippet or a claim fails, a claim gives anything but True or False, or the number
            of right choices does not fit the kind of question.
        """
        return list(_solve(self, seed))

    def to_markdown(self) -> str:
        """Return the question as Markdown for a notebook, hint and answer folded away."""
        key = self.solve()
        right = " and ".join(f"**{letter(i)}**" for i, is_right in enumerate(key) if is_right)
        ask = "choose all that apply" if self.kind == "multiple" else "choose one"
        choices = [f"- **{letter(i)}.** {choice.text}" for i, choice in enumerate(self.choices)]
        reasons = [
            _bullet(f"**{letter(i)}** is {'right' if is_right else 'not right'}. {choice.explain}")
            for i, (choice, is_right) in enumerate(zip(self.choices, key, strict=True))
        ]
        code = [f"```python\n{self.code}\n```"] if self.code else []
        return "\n\n".join(
            [
                f"**Question** ({self.level}, {ask})",
                self.prompt,
                *code,
                "\n".join(choices),
                _details("Hint", self.hint),
                _details(
                    "Answer",
                    f"Right: {right}.\n\n" + "\n".join(reasons),
                    f"*Common mistake:* {self.mistake}",
                ),
            ]
        )


@dataclass(frozen=True)
class Quiz:
    """The questions of one quiz file; ``name`` is the file's name without its ending."""

    name: str
    questions: tuple[Question, ...]


def letter(index: int) -> str:
    """Return the letter by which choice ``index`` is called: 0 is A."""
    return chr(ord("A") + index)


def raises(kind: type[BaseException], text: str, call: Callable[[], object]) -> bool:
    """Return whether ``call()`` raises ``kind`` with ``text`` in its message.

    Another kind of error passes through, since it would be a mistake in the question.
    """
    try:
        call()
    except kind as error:
        return text in str(error)
    return False


def load(path: str | Path) -> Quiz:
    """Read and check a quiz file, without running it.

    Parameters
    ----------
    path : str or Path
        A YAML file in the format of the module's docstring.

    Returns
    -------
    Quiz

    Raises
    ------
    QuizError
        If the file is not valid YAML, or a field is missing, unknown or malformed.
    """
    path = Path(path)
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise QuizError(f"{path.name}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list) or not entries:
        raise QuizError(f"{path.name}: expected a list of questions, each starting with `- id:`")

    questions: dict[str, Question] = {}
    for position, entry in enumerate(entries, start=1):
        name = entry.get("id", position) if isinstance(entry, dict) else position
        where = f"{path.name}: question {name}"
        question = _question(entry, where, path.name)
        if question.id in questions:
            raise QuizError(f"{where}: id: used twice in this file, each question needs its own")
        questions[question.id] = question
    return Quiz(path.stem, tuple(questions.values()))


def _question(entry: object, where: str, file: str) -> Question:
    fields = _fields(entry, QUESTION_FIELDS, where)
    choices = fields.pop("choices")
    if not isinstance(choices, list) or len(choices) < 2:
        raise QuizError(f"{where}: choices: expected a list of at least two choices")
    text = {name: _text(value, f"{where}: {name}") for name, value in fields.items()}
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text["id"]):
        raise QuizError(f"{where}: id: expected lower-case words joined by hyphens")
    for name, allowed in {"level": LEVELS, "kind": KINDS}.items():
        if text[name] not in allowed:
            raise QuizError(f"{where}: {name}: expected {' or '.join(allowed)}, got {text[name]!r}")
    for name in ("setup", "code"):
        _compiles(text.get(name, ""), "exec", f"{where}: {name}")
    parsed = tuple(
        _choice(choice, f"{where}: choice {letter(i)}") for i, choice in enumerate(choices)
    )
    if len({choice.text for choice in parsed}) < len(parsed):
        raise QuizError(f"{where}: choices: two choices have the same text")
    return Question(**text, choices=parsed, file=file)


def _choice(entry: object, where: str) -> Choice:
    fields = _fields(entry, CHOICE_FIELDS, where)
    choice = Choice(**{name: _text(value, f"{where}: {name}") for name, value in fields.items()})
    if "\n\n" in choice.text or "```" in choice.text:  # a label holds no blocks
        raise QuizError(f"{where}: text: expected one paragraph without a code block")
    tree = _compiles(choice.claim, "eval", f"{where}: claim")
    if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
        raise QuizError(f"{where}: claim: `{choice.claim}` tests nothing that the snippet made")
    return choice


def _fields(entry: object, known: dict[str, bool], where: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise QuizError(f"{where}: expected the fields {', '.join(known)}, got {entry!r}")
    for name in entry:
        if name not in known:
            raise QuizError(f"{where}: {name}: unknown field, expected one of {', '.join(known)}")
    for name, required in known.items():
        if required and name not in entry:
            raise QuizError(f"{where}: {name}: missing")
    return dict(entry)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise QuizError(f"{where}: expected text, got {value!r} (put it in quotes)")
    return value.strip()


def _compiles(source: str, mode: str, where: str) -> ast.AST:
    try:
        return ast.parse(source, mode=mode)
    except SyntaxError as error:
        wanted = "a Python expression" if mode == "eval" else "Python code"
        raise QuizError(f"{where}: expected {wanted}, got {source!r} ({error.msg})") from None


@functools.cache  # a page, its notebook and its summary ask for the same key
def _solve(question: Question, seed: int) -> tuple[bool, ...]:
    where = f"{question.file}: question {question.id}"
    names: dict[str, Any] = {
        "__name__": "quiz",
        "torch": torch,
        "nn": nn,
        "np": np,
        "math": math,
        "raises": raises,
        "error": None,
    }
    key = []
    # Neither the reader's random numbers nor the build's log should notice that a question ran.
    with (
        torch.random.fork_rng(devices=[]),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        try:
            exec(question.setup, names)
        except Exception as error:
            raise QuizError(f"{where}: setup: raised {_named(error)}") from error
        try:
            exec(question.code, names)
        except Exception as error:
            if not any("error" in _names(choice.claim) for choice in question.choices):
                raise QuizError(
                    f"{where}: code: raised {_named(error)}, which no claim reads as `error`"
                ) from error
            names["error"] = error
        for index, choice in enumerate(question.choices):
            names["shown"] = choice.shown
            field = f"{where}: choice {letter(index)}: claim"
            try:
                verdict = eval(choice.claim, names)
            except Exception as error:
                raise QuizError(f"{field}: raised {_named(error)}") from error
            if not isinstance(verdict, (bool, np.bool_)):
                raise QuizError(f"{field}: gave {verdict!r}, expected True or False")
            key.append(bool(verdict))

    if not any(key) or (question.kind == "single" and sum(key) > 1):
        expected = "exactly one" if question.kind == "single" else "at least one"
        true = ", ".join(letter(i) for i, is_right in enumerate(key) if is_right) or "none"
        raise QuizError(
            f"{where}: choices: a {question.kind}-choice question needs {expected} true claim, "
            f"and the run makes these true: {true}"
        )
    return tuple(key)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _names(expression: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)}


def _details(summary: str, *parts: str) -> str:
    # Blank lines around the body: without them its Markdown would be taken as HTML.
    return "\n\n".join([f"<details><summary>{summary}</summary>", *parts, "</details>"])


def _bullet(text: str) -> str:
    return "- " + textwrap.indent(text, "  ").lstrip()
