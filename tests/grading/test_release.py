"""What is given out: the same bytes each time, with no answer and no hidden test in it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from coursebook.student import RUN, runs_of
from grading.cli import main
from grading.course import Course
from grading.demo import read_answers
from grading.release import release, stale

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = Course(ROOT).assignments()


def course_copy(folder: Path) -> Course:
    """The course without what it generates."""
    for name in ("nbgrader_config.py", "_config.yml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    return Course(folder)


def test_the_committed_exercises_are_what_the_solutions_give() -> None:
    assert stale(Course(ROOT), ASSIGNMENTS) == [], "run `make exercises`"


def test_a_release_leaves_no_gradebook(tmp_path: Path) -> None:
    course = course_copy(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    assert release(course, ASSIGNMENTS)
    assert {path.name for path in tmp_path.iterdir()} == before | {"exercises"}
    assert release(course, ASSIGNMENTS) == []  # nothing is left to change


@pytest.mark.parametrize("what", ["changed", "missing", "extra"])
def test_a_stale_exercise_is_named_with_the_way_to_mend_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    what: str,
) -> None:
    course = course_copy(tmp_path)
    release(course, ASSIGNMENTS)
    monkeypatch.chdir(tmp_path)
    assert main(["release", "--check"]) == 0
    path = course.exercises / "shapes" / "shapes.ipynb"
    if what == "changed":
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    elif what == "missing":
        path.unlink()
    else:
        path = path.with_name("notes.txt")
        path.touch()
    assert main(["release", "--check"]) == 1
    said = f"exercises/shapes/{path.name} is out of date: run `make exercises`.\n"
    assert capsys.readouterr().err == said
    assert main(["release"]) == 0
    assert main(["release", "--check"]) == 0


def test_the_address_of_the_repository_comes_from_the_configuration(tmp_path: Path) -> None:
    course = course_copy(tmp_path)
    settings = "repository:\n  url: https://example.org/fork\n  branch: autumn\n"
    (tmp_path / "_config.yml").write_text(settings, encoding="utf-8")
    release(course, ["shapes"])
    notebook = nbformat.read(course.exercises / "shapes" / "shapes.ipynb", as_version=4)
    assert "git+https://example.org/fork@autumn" in notebook.cells[1].source
    assert notebook.cells[0].cell_type == "markdown"  # the title stays on top


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_answer_and_no_hidden_test_is_given_out(assignment: str) -> None:
    text = (ROOT / "exercises" / assignment / f"{assignment}.ipynb").read_text(encoding="utf-8")
    solution = ROOT / "solutions" / assignment / f"{assignment}.ipynb"
    released = nbformat.reads(text, as_version=4)
    for mark in ("BEGIN HIDDEN", "END HIDDEN", "BEGIN SOLUTION", "Rubric"):
        assert mark not in text
    given = [line.strip() for cell in released.cells for line in cell.source.splitlines()]
    for grade_id, answer in read_answers(solution).items():
        cell = next(cell for cell in released.cells if cell.id == grade_id)
        secret = [line.strip() for line in answer.splitlines() if re.search("[a-z]", line)]
        stub = cell.source.splitlines()
        if cell.cell_type == "code":
            assert stub[-1].strip() == "raise NotImplementedError()"
            known = ("def ", '"""', "from ", "import ", "with torch.no_grad():")  # to anybody
            secret = [line for line in secret if not line.startswith(known)]
        else:
            assert stub == ["YOUR ANSWER HERE"]
        assert secret
        # A planted recurrence has lines of its own mended form, so that a line gives nothing away:
        # `RUN` in a row might, or a whole answer if it is shorter. `make student` asks the same.
        assert set(secret) - set(given)
        size = min(RUN, len(secret))
        assert not set(runs_of(tuple(secret), size)) & set(runs_of(tuple(given), size))
    for cell in nbformat.read(solution, as_version=4).cells:
        if "### BEGIN HIDDEN TESTS" in cell.source:
            hidden = cell.source.split("### BEGIN HIDDEN TESTS")[1]
            assert not [
                line for line in hidden.splitlines() if len(line.strip()) > 25 and line in text
            ]


@pytest.mark.parametrize("folder", ["solutions", "exercises"])
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_notebooks_are_kept_without_outputs_in_one_form(assignment: str, folder: str) -> None:
    path = ROOT / folder / assignment / f"{assignment}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    # An assignment that needs more time or memory says so under "grading".
    assert set(notebook.metadata) - {"grading"} == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_title_states_the_points(assignment: str) -> None:
    notebook = nbformat.read(ROOT / "exercises" / assignment / f"{assignment}.ipynb", 4)
    by_tests = by_hand = 0
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade") and mark.get("solution"):
            by_hand += mark["points"]
        elif mark.get("grade"):
            by_tests += mark["points"]
            assert mark["locked"]
            assert cell.metadata.editable is cell.metadata.deletable is False
            assert f"({mark['points']} point" in cell.source.splitlines()[0]
    stated = f"{by_tests + by_hand}: the tests give {by_tests}, a person"
    assert stated in notebook.cells[0].source
    assert f"up to {by_hand} |" in notebook.cells[0].source
