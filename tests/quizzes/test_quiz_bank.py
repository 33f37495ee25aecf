"""The question bank: every key is computed here, and none depends on chance."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from rnnlib.quiz import LEVELS, Question, letter, load

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "quizzes").glob("*.yml"))
BANK = [question for path in FILES for question in load(path).questions]

each_question = pytest.mark.parametrize("question", BANK, ids=lambda question: question.id)


@each_question
def test_key_depends_neither_on_chance_nor_on_the_order_of_claims(question: Question) -> None:
    key = question.solve()
    for seed in (1, 2, 3):
        assert question.solve(seed) == key
    backwards = dataclasses.replace(question, choices=question.choices[::-1])
    assert backwards.solve() == key[::-1]


@each_question
def test_no_claim_says_true_or_false_by_itself(question: Question) -> None:
    for choice in question.choices:
        constants = [n.value for n in ast.walk(ast.parse(choice.claim)) if type(n) is ast.Constant]
        assert not {True, False} & {value for value in constants if isinstance(value, bool)}


@each_question
def test_every_choice_is_explained_in_its_own_words(question: Question) -> None:
    assert len({choice.explain for choice in question.choices}) == len(question.choices)
    assert all(len(choice.explain.split()) > 4 for choice in question.choices)
    assert question.hint not in {choice.explain for choice in question.choices}


def test_ids_are_unique_over_all_files() -> None:
    names = [question.id for question in BANK]
    assert len(set(names)) == len(names)


def test_every_chapter_has_a_quiz_of_every_level() -> None:
    chapters = {path.stem for path in (ROOT / "chapters").glob("*.md")}
    assert chapters <= {path.stem for path in FILES}
    for path in FILES:
        assert {question.level for question in load(path).questions} == set(LEVELS), path.name


def test_the_letter_of_the_right_choice_cannot_be_guessed() -> None:
    """No letter is right in more than 4 of 10 single-choice questions."""
    right = [letter(q.solve().index(True)) for q in BANK if q.kind == "single"]
    assert max(right.count(name) for name in "ABCD") <= 0.4 * len(right)


@each_question
def test_notebook_markdown_holds_the_whole_question(question: Question) -> None:
    text = question.to_markdown()
    html = MarkdownIt("commonmark").render(text)
    assert html.count("<details>") == html.count("</details>") == 2
    assert "</details>" not in text.split("Answer</summary>")[0].split("Hint</summary>")[0]
    for part in (question.prompt, question.code, question.hint, question.mistake):
        assert part in text
    answer = text.split("<summary>Answer</summary>")[1]
    for index, (choice, right) in enumerate(zip(question.choices, question.solve(), strict=True)):
        assert f"- **{letter(index)}.** {choice.text}" in text.split("<details>")[0]
        assert f"**{letter(index)}** is {'right' if right else 'not right'}. " in answer
