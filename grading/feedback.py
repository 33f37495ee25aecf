"""What a student gets back."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade


class HideHiddenTests(ClearHiddenTests):
    """Take the hidden tests, and whatever they wrote, out of the feedback.

    A test cell holds visible tests or hidden ones, never both, so everything that a cell with
    hidden tests wrote comes from them.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, cell_index: int
    ) -> tuple[NotebookNode, Any]:
        if is_grade(cell) and self._remove_hidden_test_region(cell):
            cell.outputs = []
        return cell, resources
