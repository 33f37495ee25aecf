"""A class of 40 in all assignments gets the marks that its answers are known to be worth."""

from __future__ import annotations

from pathlib import Path

import pytest
from answers import ASSIGNMENTS, grade
from demo_class import differences, make_class

pytestmark = pytest.mark.xdist_group("class")


def test_a_mixed_class_gets_the_marks_that_are_predicted(tmp_path: Path) -> None:
    course, predicted = make_class(tmp_path, students=40, assignments=ASSIGNMENTS, each=1)
    for assignment in ASSIGNMENTS:
        grade(course, assignment)
    assert not list(differences(course, predicted))
    # A class in which all are right, or all are wrong, would say little.
    for students in predicted.values():
        assert len({tuple(cells.values()) for cells in students.values()}) > 1
