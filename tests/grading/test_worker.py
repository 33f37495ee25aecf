"""What a worker answers: text for text, and never an end of the batch."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hand_ins import RIGHT

from grading.demo import fill_in
from grading.records import Assignment, Record
from grading.worker import FAILED, DifferentEnvironment, make_task, work

CONDITIONS = {"sandbox": True, "limits": {}, "timeout": None}


@pytest.fixture
def task(tiny: Assignment) -> Any:
    released = nbformat.from_dict(tiny.released["tiny.ipynb"])
    notebook = fill_in(released, {"double": RIGHT, "written": "Twice."})
    files = {"tiny.ipynb": nbformat.writes(notebook).encode()}

    def make(**conditions: Any) -> str:
        return make_task("tiny", tiny.to_json(), "ada", "key", files, CONDITIONS | conditions)

    return make


def test_a_task_and_its_answer_are_json(task: Any) -> None:
    answer = json.loads(work(task()))
    record = Record.from_json(answer["record"])
    assert (record.student, record.key, record.status) == ("ada", "key", "graded")
    assert {q.grade_id: q.points for q in record.questions} == {
        "double_visible": 1,
        "double_hidden": 3,
    }
    assert record.untouched == ()
    assert 0 < record.student_seconds < record.seconds
    assert Record.from_json(record.to_json()) == record
    nbformat.validate(nbformat.reads(answer["notebooks"]["tiny.ipynb"], as_version=4))


def test_a_mistake_of_the_grader_costs_one_submission_and_is_tried_again(task: Any) -> None:
    """Only the instructor is told what it was: it could show a hidden test."""
    answer = json.loads(work(task(limits={"nonsense": 1})))
    record = Record.from_json(answer["record"])
    assert (record.status, record.key, record.reason) == ("ungradable", "", FAILED)
    assert "nonsense" in record.flags[0]
    assert answer["notebooks"] == {}


def test_another_version_of_the_grader_is_refused(task: Any) -> None:
    """Or a fleet would give other marks than the machine of the instructor."""
    asked = json.loads(task())
    asked["environment"]["torch"] = "0.1"
    with pytest.raises(DifferentEnvironment, match="has another version of: torch"):
        work(json.dumps(asked))
