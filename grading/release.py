"""Release assignments: from ``solutions/`` (with answers) to ``exercises/`` (without)."""

from __future__ import annotations

import shutil
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.course import Course, CourseError
from grading.pipeline import run
from grading.records import Assignment

COLAB_SETUP = """\
# Only Colab has to install the library of the course.
import sys

if "google.colab" in sys.modules:
    %pip install --quiet \\
        git+{url}@{branch}
"""


class ColabSetup(NbGraderPreprocessor):
    """Put the cell that installs rnnlib in Colab below the title.

    The address of the repository stands once, in the course's ``_config.yml``.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        # nbgrader converts in the root of the course.
        repository = yaml.safe_load(Path("_config.yml").read_text(encoding="utf-8"))["repository"]
        source = COLAB_SETUP.format(url=repository["url"], branch=repository["branch"])
        nb.cells.insert(1, new_code_cell(source.rstrip(), id="colab-setup"))
        return nb, resources


def generate(course: Course, assignment: str, target: Path, *, record: bool) -> None:
    """Write the student version of an assignment into ``target/<assignment>/``.

    Parameters
    ----------
    course : Course
    assignment : str
    target : Path
        Where to write; what lies in ``target/<assignment>/`` is replaced.
    record : bool
        Whether to record the test cells in the gradebook. Grading needs them there.

    Raises
    ------
    CourseError
        If nbgrader refuses, for example because cells with marks were removed.
    """
    config = course.config()
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.release_directory = str(target)
    config.GenerateAssignment.force = True
    config.GenerateAssignment.no_database = not record
    config.SaveCells.enabled = record
    cause = run(GenerateAssignment(coursedir=CourseDirectory(config=config), config=config))
    if cause is not None:
        raise CourseError(f"nbgrader could not release {assignment}: {cause}")


def release(course: Course, assignments: list[str]) -> list[Path]:
    """Bring ``exercises/`` up to date and return the files that changed."""
    with tempfile.TemporaryDirectory() as fresh:
        changed = _compare(course, assignments, Path(fresh))
        for assignment in {path.parts[0] for path in changed}:
            shutil.rmtree(course.exercises / assignment, ignore_errors=True)
            shutil.copytree(Path(fresh, assignment), course.exercises / assignment)
    return changed


def stale(course: Course, assignments: list[str]) -> list[Path]:
    """Return the files of ``exercises/`` that a new release would change; write nothing."""
    with tempfile.TemporaryDirectory() as fresh:
        return _compare(course, assignments, Path(fresh))


def _compare(course: Course, assignments: list[str], fresh: Path) -> list[Path]:
    """Release into ``fresh``; name the files that are not the same in ``exercises/``."""
    for assignment in assignments:
        generate(course, assignment, fresh, record=False)
    released = course.exercises
    names = {
        path.relative_to(folder)
        for folder in (fresh, released)
        for assignment in assignments
        for path in (folder / assignment).rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }
    return sorted(name for name in names if _bytes(fresh / name) != _bytes(released / name))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def load_assignment(course: Course, name: str) -> Assignment:
    """Record an assignment in the gradebook, and read what workers need to grade it.

    Raises
    ------
    CourseError
        If nbgrader refuses, for example because cells with marks were removed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        generate(course, name, Path(scratch), record=True)
        paths = sorted(Path(scratch, name).glob("*.ipynb"))
        released = {path.name: nbformat.read(path, as_version=4) for path in paths}
    with course.gradebook() as gradebook:
        master = {}
        for file, notebook in released.items():
            master[file] = deepcopy(notebook)
            found = gradebook.find_notebook(Path(file).stem, name)
            originals = {cell.name: cell for cell in found.source_cells}
            for cell in master[file].cells:
                mark = cell.metadata.get("nbgrader", {})
                if mark and not mark["solution"]:
                    cell.source = originals[mark["grade_id"]].source
                    mark["checksum"] = originals[mark["grade_id"]].checksum
    return Assignment(name, released, master)
