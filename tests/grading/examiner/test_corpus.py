"""Every crafted submission has its right outcome; the format is in ``tests/grading/corpus``."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade, is_grade, is_solution

from grading.demo import fill_in, read_answers
from grading.execute import Examination, Examiner, Limits
from grading.intake import take_in

ROOT = Path(__file__).parents[3]
CORPUS = ROOT / "tests" / "grading" / "corpus"
CASES = {
    f"{path.stem}-{name}": case
    for path in sorted(CORPUS.glob("*.py"))
    for name, case in runpy.run_path(str(path))["CASES"].items()
}

pytestmark = pytest.mark.xdist_group("corpus")  # one case leaves something for the next one


@pytest.fixture(scope="session")
def examiner() -> Iterator[Examiner]:
    with Examiner() as examiner:
        yield examiner


@pytest.fixture(scope="session")
def released() -> NotebookNode:
    return nbformat.read(ROOT / "exercises/shapes/shapes.ipynb", as_version=4)


@pytest.fixture(scope="session")
def solution() -> NotebookNode:
    return nbformat.read(ROOT / "solutions/shapes/shapes.ipynb", as_version=4)


@pytest.fixture(scope="session")
def reference() -> dict[str, str]:
    return read_answers(ROOT / "solutions/shapes/shapes.ipynb")


def submit(case: dict[str, Any], released: NotebookNode, reference: dict[str, str]) -> NotebookNode:
    """Make the file that the student hands in."""
    known = reference if case.get("base") == "reference" else {}
    notebook = fill_in(released, known | case.get("answers", {}))
    if "first" in case:
        notebook.cells.insert(0, new_code_cell(case["first"], id="first"))
    if "last" in case:
        notebook.cells.append(new_code_cell(case["last"], id="last"))
    if "edit" in case:
        case["edit"](notebook)
    return notebook


def with_tests(solution: NotebookNode, tests: dict[str, tuple[float, str]]) -> NotebookNode:
    """Append test cells to the instructor's notebook."""
    notebook = deepcopy(solution)
    some = next(cell for cell in solution.cells if cell.metadata.get("nbgrader", {}).get("locked"))
    for name, (points, source) in tests.items():
        test = deepcopy(some)
        test.id, test.source = name, source
        test.metadata.nbgrader.update(grade_id=name, points=points)
        notebook.cells.append(test)
    return notebook


@pytest.mark.parametrize("name", CASES)
def test_outcome(
    name: str,
    examiner: Examiner,
    released: NotebookNode,
    solution: NotebookNode,
    reference: dict[str, str],
) -> None:
    case = CASES[name]
    file = nbformat.writes(submit(case, released, reference)).encode("utf-8", "surrogatepass")
    master = with_tests(solution, case.get("tests", {}))
    mended = take_in({"shapes.ipynb": file}, "shapes.ipynb", released, master).notebook
    done = examiner.examine(mended, limits=Limits(**case.get("limits", {})))
    check(case, done, mended)


def check(case: dict[str, Any], done: Examination, mended: NotebookNode) -> None:
    marks = {verdict.grade_id: verdict for verdict in done.verdicts}
    tests = [cell for cell in mended.cells if is_grade(cell) and not is_solution(cell)]
    assert [cell.metadata.nbgrader.grade_id for cell in tests] == list(marks)
    story = {name: (v.points, v.detail) for name, v in marks.items() if not v.passed}
    if "loses" in case:
        lost = {n: v.max_points - v.points for n, v in marks.items() if v.max_points != v.points}
        assert lost == case["loses"], (story, done.flags)
    elif case.get("points", 0) is not None:
        points = sum(verdict.points for verdict in done.verdicts)
        assert points == case.get("points", 0), (story, done.flags)
    if case.get("flag") == "":
        assert done.flags == []
    assert case.get("flag", "") in " ".join(done.flags), done.flags
    nbformat.validate(done.notebook)
    if "errors" in case:
        outputs = [output for cell in done.notebook.cells for output in cell.get("outputs", ())]
        errors = [output for output in outputs if output.output_type == "error"]
        assert len(errors) == case["errors"], errors
    shown = shown_by(done.notebook)
    assert not [text for text in case.get("shows", ()) if text not in shown], shown[:3000]
    assert not [text for text in case.get("hides", ()) if text in shown]
    for cell in done.notebook.cells:  # nbgrader reads the same points from the outputs
        if is_grade(cell) and not is_solution(cell):
            name = cell.metadata.nbgrader.grade_id
            assert determine_grade(cell)[0] == marks[name].points
    for verdict in done.verdicts:
        assert 0 <= verdict.points <= verdict.max_points
        assert verdict.passed == (verdict.points == verdict.max_points)
        assert not (verdict.grade_id.endswith("_hidden") and verdict.message)


def shown_by(notebook: NotebookNode) -> str:
    """Return the outputs of all cells as one text."""
    parts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            parts += [output.get("text", ""), *output.get("traceback", ())]
            parts += [json.dumps(output.get("data", {})), output.get("evalue", "")]
    return "\n".join(parts)


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 60
