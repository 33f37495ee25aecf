"""The quiz format: what is refused, and in which words."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.quiz import Choice, Question, QuizError, load, raises

GOOD: dict[str, Any] = {
    "id": "one-plus-one",
    "level": "easy",
    "kind": "single",
    "prompt": "What is `a + b`?",
    "setup": "a = 1",
    "code": "b = 1",
    "choices": [
        {"text": "`1`", "claim": "a + b == eval(shown)", "explain": "That is one of the two."},
        {"text": "`2`", "claim": "a + b == eval(shown)", "explain": "Count them."},
    ],
    "hint": "Count.",
    "mistake": "Writing them side by side.",
}


def write(folder: Path, *entries: object) -> Path:
    path = folder / "some-quiz.yml"
    path.write_text(yaml.safe_dump(list(entries)))
    return path


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    entry = copy.deepcopy(GOOD)
    change(entry)
    return entry


def with_claims(*claims: str, **fields: Any) -> Question:
    choices = tuple(Choice(f"`{i}`", claim, "Because.") for i, claim in enumerate(claims))
    fields = {
        "level": "easy",
        "kind": "single",
        "prompt": "?",
        "hint": "!",
        "mistake": "-",
    } | fields
    return Question(id="some-id", choices=choices, file="some-quiz.yml", **fields)


def test_a_good_file_is_read_and_solved(tmp_path: Path) -> None:
    quiz = load(write(tmp_path, GOOD))
    assert quiz.name == "some-quiz"
    assert [question.id for question in quiz.questions] == ["one-plus-one"]
    assert quiz.questions[0].solve() == [False, True]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (lambda q: q.pop("hint"), "hint", "missing"),
        (lambda q: q.update(answer="B"), "answer", "unknown field"),
        (lambda q: q.update(level="expert"), "level", "easy or medium or hard"),
        (lambda q: q.update(kind="open"), "kind", "single or multiple"),
        (lambda q: q.update(id="One Plus"), "id", "lower-case words"),
        (lambda q: q.update(prompt="  "), "prompt", "expected text"),
        (lambda q: q.update(mistake=["a"]), "mistake", "expected text"),
        (lambda q: q.update(setup="a = = 1"), "setup", "expected Python code"),
        (lambda q: q.update(choices=q["choices"][:1]), "choices", "at least two"),
        (lambda q: q.update(choices=q["choices"] * 2), "choices", "same text"),
        (lambda q: q["choices"][1].pop("explain"), "choice B: explain", "missing"),
        (lambda q: q["choices"][1].update(right=True), "choice B: right", "unknown field"),
        (lambda q: q["choices"][0].update(text=1), "choice A: text", "put it in quotes"),
        (lambda q: q["choices"][0].update(text="a\n\nb"), "choice A: text", "one paragraph"),
        (lambda q: q["choices"][0].update(claim="a = 1"), "choice A: claim", "expression"),
        (lambda q: q["choices"][0].update(claim="False"), "choice A: claim", "tests nothing"),
        (lambda q: q["choices"][0].update(claim="1 == 2"), "choice A: claim", "tests nothing"),
        (lambda q: q["choices"].__setitem__(0, "A"), "choice A", "expected the fields"),
    ],
)
def test_a_malformed_question_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], field: str, words: str
) -> None:
    entry = changed(change)
    with pytest.raises(QuizError) as caught:
        load(write(tmp_path, entry))
    message = str(caught.value)
    assert message.startswith(f"some-quiz.yml: question {entry['id']}: {field}: ")
    assert words in message
    assert "\n" not in message


def test_a_question_without_id_is_named_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(QuizError, match=r"some-quiz.yml: question 2: id: missing"):
        load(write(tmp_path, GOOD, changed(lambda q: q.pop("id"))))


def test_an_id_serves_one_question(tmp_path: Path) -> None:
    with pytest.raises(QuizError, match=r"question one-plus-one: id: used twice"):
        load(write(tmp_path, GOOD, GOOD))


@pytest.mark.parametrize("text", ["", "a: 1", "[]", "- {", "just words"])
def test_a_file_that_is_no_list_of_questions_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some-quiz.yml"
    path.write_text(text)
    with pytest.raises(QuizError, match=r"^some-quiz.yml: [^\n]+$"):
        load(path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*GOOD, "text", "claim", "explain"]), inner)
        ),
        max_leaves=12,
    )
)
def test_nothing_but_a_quiz_error_comes_of_a_bad_file(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "some-quiz.yml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(QuizError, match=r"^some-quiz.yml: "):
        load(path)


@given(st.lists(st.booleans(), min_size=2, max_size=5), st.sampled_from(["single", "multiple"]))
def test_the_number_of_true_claims_must_fit_the_kind(truth: list[bool], kind: str) -> None:
    question = with_claims(*(f"[{right}][a]" for right in truth), kind=kind, setup="a = 0")
    if any(truth) and (kind == "multiple" or sum(truth) == 1):
        assert question.solve() == truth
    else:
        with pytest.raises(QuizError, match=f"some-id: choices: a {kind}-choice question needs"):
            question.solve()


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (with_claims("a", "not a", setup="a = b"), "setup: raised NameError"),
        (with_claims("a", "not a", code="a = 1 / 0"), "code: raised ZeroDivisionError.*`error`"),
        (with_claims("a", "not a"), "choice A: claim: raised NameError"),
        (with_claims("a == 1", "a", setup="a = 1"), "choice B: claim: gave 1, expected True"),
    ],
)
def test_a_snippet_that_fails_is_named(question: Question, message: str) -> None:
    with pytest.raises(QuizError, match=f"^some-quiz.yml: question some-id: {message}"):
        question.solve()


def test_shown_code_may_raise_if_a_claim_asks_for_it() -> None:
    code = "nn.RNN(3, 4)(torch.randn(2, 2, 5))"
    claims = ("isinstance(error, RuntimeError) and 'Expected 3, got 5' in str(error)",)
    assert with_claims(*claims, "error is None", code=code).solve() == [True, False]


def test_raises_asks_for_the_kind_and_the_text() -> None:
    assert raises(ValueError, "'b'", lambda: int("b"))
    assert not raises(ValueError, "'c'", lambda: int("b"))
    assert not raises(ValueError, "", lambda: int("1"))


def test_a_snippet_starts_from_the_seed() -> None:
    expected = torch.rand(1, generator=torch.Generator().manual_seed(7)).item()
    question = with_claims(f"x == {expected!r}", "x == 2", setup="x = torch.rand(1).item()")
    assert question.solve(seed=7) == [True, False]


def test_raises_lets_other_errors_through() -> None:
    question = with_claims("raises(ValueError, '', lambda: 1 / 0)", "torch is nn")
    with pytest.raises(QuizError, match="ZeroDivisionError"):
        question.solve()


def test_solving_leaves_no_trace(capfd: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    question = with_claims(
        "x.shape == (3,)",
        "x.shape == (4,)",
        setup="import warnings; warnings.warn('noise'); print('noise'); x = torch.rand(3)",
        prompt="Leaves no trace?",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        question.solve()
    assert torch.equal(torch.rand(1), expected)
    assert capfd.readouterr() == ("", "")


@given(st.sampled_from(["prompt", "code", "setup", "hint", "mistake", "level"]))
def test_an_edited_question_has_another_version(field: str) -> None:
    question = with_claims("torch", "nn")
    edited = with_claims("torch", "nn", **{field: "x"})
    assert edited.version != question.version
    assert with_claims("torch", "math").version != question.version
    assert with_claims("torch", "nn").version == question.version
