"""What an assignment says about itself holds: points, minutes, links; its pictures fit the page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from answers import ASSIGNMENTS, ROOT
from nbformat import NotebookNode

#: Characters of a line in the book's column, which is no wider on any screen.
COLUMN = 90

#: The title of a task, or of a part of one such as 6a.
TASK = re.compile(r"^##+ Task \w+\. .* \((\d+) points?, about (\d+) minutes\)$", re.MULTILINE)


@pytest.fixture
def released(assignment: str) -> NotebookNode:
    return nbformat.read(ROOT / f"exercises/{assignment}/{assignment}.ipynb", as_version=4)


@pytest.fixture
def solution(assignment: str) -> NotebookNode:
    return nbformat.read(ROOT / f"solutions/{assignment}/{assignment}.ipynb", as_version=4)


def facts(cell: NotebookNode) -> dict[str, object]:
    return cell.metadata.get("nbgrader", {})


def tasks_of(notebook: NotebookNode) -> list[tuple[list[NotebookNode], int, int]]:
    """Return the cells of each task, the points that its title names, and the minutes."""
    tasks: list[tuple[list[NotebookNode], int, int]] = []
    for cell in notebook.cells:
        found = TASK.search(cell.source) if cell.cell_type == "markdown" else None
        if found:
            points, minutes = map(int, found.groups())
            tasks.append(([], points, minutes))
        if tasks:
            tasks[-1][0].append(cell)
    return tasks


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_points_and_minutes_add_up(released: NotebookNode) -> None:
    tasks = tasks_of(released)
    for cells, points, _ in tasks:
        assert points == sum(facts(cell).get("points", 0) for cell in cells)
    title = released.cells[0].source
    by_hand = sum(
        facts(cell)["points"]
        for cell in released.cells
        if facts(cell).get("grade") and facts(cell).get("solution")
    )
    total = sum(points for _, points, _ in tasks)
    assert f"| **Time** | about {sum(minutes for _, _, minutes in tasks)} minutes |" in title
    assert (
        f"| **Points** | {total}: the tests give {total - by_hand}, "
        f"a person who reads your written answer gives up to {by_hand} |"
    ) in title


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_task_shows_a_picture_or_numbers_and_says_how_long_an_answer_is(
    released: NotebookNode,
) -> None:
    for cells, _, _ in tasks_of(released):
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert "```text" in text
        for function in (cell for cell in cells if "raise NotImplementedError()" in cell.source):
            assert re.search(r"\(?[Aa]bout\s+\d+\s+lines?\b", text), function.source


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_pictures_fit_the_column_of_the_book(released: NotebookNode) -> None:
    for cell in released.cells:
        if cell.cell_type == "markdown":
            for picture in re.findall(r"^```\w*\n(.*?)^```", cell.source, re.DOTALL | re.MULTILINE):
                assert not [line for line in picture.splitlines() if len(line) > COLUMN]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_code_on_the_page_needs_no_scrolling(released: NotebookNode) -> None:
    """80 columns fit beside the table of contents. An address is as long as it is."""
    code = [cell.source for cell in released.cells if cell.cell_type == "code"]
    lines = "\n".join(code).splitlines()
    assert not [line for line in lines if len(line) > 80 and "git+" not in line]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_it_leads_back_to_its_chapters(released: NotebookNode, assignment: str) -> None:
    links = re.findall(r"\]\(((?!http)[^)#]+)", released.cells[0].source)
    assert links
    for link in links:
        assert (Path(ROOT, "exercises", assignment) / link).is_file(), link


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_person_who_marks_finds_a_rubric_with_as_many_points(solution: NotebookNode) -> None:
    written = [c for c in solution.cells if facts(c).get("grade") and facts(c).get("solution")]
    assert written
    for cell in written:
        rubric = cell.source.partition("**Rubric** (one point each")[2]
        assert len(re.findall(r"^\d\. ", rubric, re.MULTILINE)) == facts(cell)["points"]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_an_answer_finds_no_import_that_is_not_there_when_it_is_graded(
    solution: NotebookNode,
) -> None:
    """Then test cells run in another process: what only they import, an answer must not see."""
    given = {"torch", "check"}
    for cell in solution.cells:
        if cell.cell_type != "code" or facts(cell).get("solution"):
            continue
        names = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        if not facts(cell).get("locked"):
            given |= names
        elif "### BEGIN HIDDEN TESTS" not in cell.source:
            assert {name for name in names - given if not name.startswith("_")} == set()
