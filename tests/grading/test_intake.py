"""What a student can do to a file: it is mended, or refused with a reason, and never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from test_collect import packed

from grading import intake
from grading.collect import MAX_BYTES
from grading.intake import Intake, Ungradable, take_in

ANSWER = "def double(x):\n    return x + x"
ALL = ["double", "double_visible", "double_hidden", "written"]

Take = Callable[..., Intake]


def as_bytes(notebook: Any) -> bytes:
    if isinstance(notebook, bytes):
        return notebook
    return (notebook if isinstance(notebook, str) else json.dumps(notebook)).encode()


@pytest.fixture(scope="module")
def taken(tiny: Any) -> Take:
    """Take in a notebook, or some files by name."""
    released, master = tiny.released["tiny.ipynb"], tiny.master["tiny.ipynb"]

    def take(notebook: Any = None, files: dict[str, Any] | None = None) -> Intake:
        given = {"tiny.ipynb": notebook} if files is None else files
        before = deepcopy((released, master))
        try:
            content = {name: as_bytes(data) for name, data in given.items()}
            return take_in(content, "tiny.ipynb", released, master)
        finally:
            assert (released, master) == before

    return take


@pytest.fixture
def answered(released: NotebookNode) -> NotebookNode:
    find(released, "double").source = ANSWER
    return released


def ids(notebook: NotebookNode) -> list[str]:
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return [mark["grade_id"] for mark in marks if "grade_id" in mark]


def find(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.get("id") == grade_id)


def sources(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def test_a_file_in_order_is_taken_as_it_is(
    taken: Take, answered: NotebookNode, master: NotebookNode
) -> None:
    result = taken(answered)
    assert result.repairs == ()
    assert result.untouched == ("written",)
    find(master, "double").source = ANSWER
    assert sources(result.notebook) == sources(master)
    nbformat.validate(result.notebook)


def test_the_hidden_tests_are_put_in(taken: Take, answered: NotebookNode) -> None:
    assert "very secret" not in json.dumps(answered)
    assert "very secret" in find(taken(answered).notebook, "double_hidden").source


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is not JSON text"),
        ("Dear teacher,", "is not JSON text"),
        (b"\x00\x01\xff", "is not JSON text"),
        (b"\x00" * 1000, "is not JSON text"),
        ("[" * 100_000, "is not JSON text"),
        ('{"cells":' * 50_000, "is not JSON text"),
        ("9" * 100_000, "is not JSON text"),
        ("[]", "no list of 'cells'"),
        ("null", "no list of 'cells'"),
        ('{"nbformat": 4}', "no list of 'cells'"),
        ('{"cells": 3}', "no list of 'cells'"),
        ('{"worksheets": [[]]}', "no list of 'cells'"),
        ('{"cells": [3, null, [], "x"]}', "is it another one?"),
        ('{"cells": []}', "is it another one?"),
        (json.dumps({"cells": [{}] * 100_000}), "100000 cells, more than 5000"),
        ('{"cells": [' + "0," * 2_000_001 + "0]}", "too many values"),
    ],
)
def test_what_is_no_notebook_is_refused(taken: Take, content: str | bytes, reason: str) -> None:
    with pytest.raises(Ungradable) as refused:
        taken(content)
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 120


def test_a_notebook_of_another_assignment_is_refused(taken: Take) -> None:
    with pytest.raises(Ungradable, match="none of the cells of this assignment"):
        taken(new_notebook(cells=[new_code_cell("1 + 1")]))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_encoding_does_not_matter(taken: Take, answered: NotebookNode, encoding: str) -> None:
    """Windows writes a mark at the beginning; its older tools write two bytes a character."""
    result = taken(json.dumps(answered, ensure_ascii=False).encode(encoding))
    assert result.repairs == ()
    assert find(result.notebook, "double").source == ANSWER


@pytest.mark.parametrize("damage", ["zeros after it", "zeros in a text", "half a character"])
def test_damage_that_leaves_the_answers_legible(
    taken: Take, answered: NotebookNode, damage: str
) -> None:
    if damage == "zeros after it":
        result = taken(json.dumps(answered).encode() + b"\0" * 4096)
    else:
        bad = "\0" if damage == "zeros in a text" else "\ud800"
        find(answered, "written").source = f"a{bad}b"
        find(answered, "double").source = ANSWER.replace("return", "return\0")
        result = taken(answered)
        assert find(result.notebook, "written").source in ("ab", "a?b")
    assert find(result.notebook, "double").source == ANSWER
    nbformat.writes(result.notebook).encode()


def test_a_notebook_saved_in_an_older_format_keeps_its_answers(
    taken: Take, answered: NotebookNode
) -> None:
    """Colab saves 4.0, in which cells have no ids; 3.0 keeps them in a worksheet."""
    answered.nbformat_minor = 0
    for cell in answered.cells:
        del cell["id"]
    result = taken(answered)
    assert result.repairs == ()
    assert find(result.notebook, "double").source == ANSWER
    for cell in answered.cells:
        if cell.cell_type == "code":
            cell.input = cell.pop("source").splitlines(True)
    result = taken({"nbformat": 3, "worksheets": [{"cells": answered.cells}]})
    assert result.repairs == ()
    assert find(result.notebook, "double").source == ANSWER


@pytest.mark.parametrize(
    "outputs",
    [[{"output_type": "nonsense"}], None, 3, "x", [[[[]]]], [{"data": {"text/html": "<script>"}}]],
)
def test_outputs_do_not_matter(taken: Take, answered: NotebookNode, outputs: Any) -> None:
    find(answered, "double").outputs = outputs
    find(answered, "double_visible").outputs = outputs
    result = taken(answered)
    assert result.repairs == ()
    assert not any(cell.get("outputs") for cell in result.notebook.cells)


@pytest.mark.parametrize("grade_id", ALL)
def test_of_a_copied_cell_the_last_copy_counts(
    taken: Take, answered: NotebookNode, grade_id: str
) -> None:
    original = find(answered, grade_id)
    earlier = deepcopy(original)
    earlier.source = "# an earlier copy"
    answered.cells.insert(0, earlier)
    result = taken(answered)
    assert result.repairs == (f"{grade_id} stood there 2 times: the last one counts.",)
    assert ids(result.notebook) == ALL
    assert original.source in find(result.notebook, grade_id).source
    assert result.notebook.cells[0].source == "# an earlier copy"  # it still runs


@pytest.mark.parametrize("change", ["source", "points", "type", "tags", "mark", "no points"])
def test_a_changed_test_cell_is_put_right(
    taken: Take, answered: NotebookNode, master: NotebookNode, change: str
) -> None:
    cell = find(answered, "double_visible")
    if change == "source":
        cell.source = "pass"
    elif change == "points":
        cell.metadata.nbgrader.points = 100
    elif change == "no points":
        cell.metadata.nbgrader.points = [float("inf")]
    elif change == "type":
        cell.cell_type = "markdown"
        del cell["outputs"], cell["execution_count"]
    elif change == "tags":
        cell.metadata.tags = ["skip-execution"]
    else:
        cell.metadata.nbgrader.solution = True
        cell.source = "pass"
    result = taken(answered)
    assert result.repairs == ("double_visible had been changed: the original counts.",)
    assert find(result.notebook, "double_visible") == find(master, "double_visible")


@pytest.mark.parametrize("kind", ["markdown", "raw", "heading", None, ["code"]])
def test_an_answer_that_became_another_kind_of_cell_runs_again(
    taken: Take, answered: NotebookNode, kind: Any
) -> None:
    find(answered, "double").cell_type = kind
    result = taken(answered)
    assert find(result.notebook, "double").cell_type == "code"
    assert find(result.notebook, "double").source == ANSWER


@pytest.mark.parametrize("lost", [["double_visible"], ["double_visible", "double_hidden"], ALL[1:]])
def test_lost_tests_are_put_back_in_order(
    taken: Take, answered: NotebookNode, lost: list[str]
) -> None:
    answered.cells = [cell for cell in answered.cells if cell.id not in lost]
    result = taken(answered)
    assert ids(result.notebook) == ALL
    assert result.repairs == tuple(f"{name} was missing: it was put back." for name in lost)


def test_an_answer_that_lost_its_mark_is_not_undone_by_its_stub(
    taken: Take, answered: NotebookNode
) -> None:
    del find(answered, "double").metadata["nbgrader"]
    result = taken(answered)
    assert result.repairs == ("double was missing.",)
    assert ANSWER in sources(result.notebook)
    assert not any("NotImplementedError" in source for source in sources(result.notebook))


@pytest.mark.parametrize("how", ["moved", "lost", "lost, and the answer after it moved"])
def test_no_test_comes_before_what_the_instructor_sets_for_it(
    tiny: Any, answered: NotebookNode, how: str
) -> None:
    """Else it would be asked of the student."""
    helper = new_code_cell("def reference(x):\n    return 2 * x", id="helper")
    facts = {"grade": False, "solution": False, "locked": True, "task": False}
    helper.metadata.nbgrader = {"grade_id": "helper", "schema_version": 3, **facts}
    notebooks = [deepcopy(tiny.released["tiny.ipynb"]), deepcopy(tiny.master["tiny.ipynb"])]
    for notebook in notebooks:
        notebook.cells.insert(1, helper)
    answered.cells.insert(1, new_code_cell("reference = None", id="mine"))
    moved = [find(answered, "double")] if "answer" in how else []
    answered.cells = [cell for cell in answered.cells if cell not in moved] + moved
    answered.cells += [helper] if how == "moved" else []

    result = take_in({"tiny.ipynb": as_bytes(answered)}, "tiny.ipynb", *notebooks)
    locked = [
        grade_id for grade_id in ids(result.notebook) if grade_id not in ("double", "written")
    ]
    assert locked == ["helper", "double_visible", "double_hidden"]
    assert ("helper was missing: it was put back." in result.repairs) == ("lost" in how)
    in_order = "Tests stood in another order: that of the assignment counts."
    assert (in_order in result.repairs) == ("moved" in how)
    assert {"reference = None", ANSWER} <= set(sources(result.notebook))
    if in_order in result.repairs:
        assert ids(result.notebook) == ["helper", *ALL]


@pytest.mark.parametrize(
    "metadata",
    [
        {"nbgrader": []},
        {"nbgrader": "x"},
        {"nbgrader": {"grade_id": ["double"]}},
        {"nbgrader": {"grade_id": "unknown", "grade": True, "points": 50}},
        {"nbgrader": {}},
        {"tags": ["raises-exception"], "slideshow": {}},
        [],
        None,
    ],
)
def test_whatever_an_own_cell_says_of_itself_is_dropped(
    taken: Take, answered: NotebookNode, metadata: Any
) -> None:
    own = new_code_cell("1 + 1")
    own["metadata"] = metadata
    answered.cells.append(own)
    result = taken(answered)
    assert result.repairs == ()
    assert result.notebook.cells[-1].source == "1 + 1"
    assert result.notebook.cells[-1].metadata == {}


def test_a_picture_in_a_written_answer_stays_and_nothing_else_does(
    taken: Take, answered: NotebookNode
) -> None:
    find(answered, "written").attachments = {
        "a.png": {"image/png": "aGVsbG8="},
        "b.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"},
        "c.png": {"image/png": '"><script>'},
        "d.png": 3,
    }
    attachments = find(taken(answered).notebook, "written").attachments
    assert attachments == {"a.png": {"image/png": "aGVsbG8="}}


def test_another_kernel_is_put_right(taken: Take, answered: NotebookNode) -> None:
    good = taken(answered).notebook.metadata
    answered.metadata.kernelspec = {"name": "my-env", "display_name": "Mine"}
    assert taken(answered).notebook.metadata == good
    answered.metadata = [1]
    assert taken(answered).notebook.metadata == good


class TestNames:
    """Which file is the notebook."""

    def test_a_renamed_notebook_is_taken(self, taken: Take, answered: NotebookNode) -> None:
        result = taken(files={"homework (1).ipynb": answered})
        assert result.repairs == ("homework (1).ipynb was taken for tiny.ipynb.",)
        assert find(result.notebook, "double").source == ANSWER

    def test_the_right_name_counts(self, taken: Take, answered: NotebookNode) -> None:
        other = deepcopy(answered)
        find(other, "double").source = "another"
        assert taken(files={"copy.ipynb": other, "tiny.ipynb": answered}).repairs == ()

    def test_one_of_the_assignment_among_others(self, taken: Take, answered: NotebookNode) -> None:
        files = {"a.ipynb": new_notebook(), "b.ipynb": answered, "c.ipynb": "broken"}
        assert taken(files=files).repairs == ("b.ipynb was taken for tiny.ipynb.",)

    def test_two_of_the_assignment_are_a_question(
        self, taken: Take, answered: NotebookNode
    ) -> None:
        other = deepcopy(answered)
        find(other, "double").source = "another"
        with pytest.raises(Ungradable, match=r"more than one notebook: a.ipynb, b.ipynb"):
            taken(files={"a.ipynb": other, "b.ipynb": answered})

    def test_the_same_file_twice_is_none(self, taken: Take, answered: NotebookNode) -> None:
        assert taken(files={"a.ipynb": answered, "b.ipynb": answered}).repairs

    def test_many_are_counted(self, taken: Take, answered: NotebookNode) -> None:
        files = {f"{i}.ipynb": json.dumps(answered) + " " * i for i in range(8)}
        with pytest.raises(Ungradable, match=r": 0.ipynb, .*, 4.ipynb and 3 more. Hand in one."):
            taken(files=files)

    def test_archives_have_room_together(self, taken: Take) -> None:
        large = packed({"a.ipynb": bytes(MAX_BYTES // 2 + 1)})
        with pytest.raises(Ungradable, match=r"unpack, together, to more than 20 MB"):
            taken(files={"a.zip": large, "b.zip": large})

    def test_the_only_file_being_broken_is_the_reason(self, taken: Take) -> None:
        with pytest.raises(Ungradable, match=r"homework.ipynb is not a notebook: it is not JSON"):
            taken(files={"homework.ipynb": "broken"})


# Any bytes, and any damage to a good notebook: a notebook to grade, or a reason. Never a crash.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def grade_or_refuse(taken: Take, content: Any) -> None:
    try:
        notebook = taken(content).notebook
    except Ungradable:
        return
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode()
    tests = [grade_id for grade_id in ids(notebook) if grade_id != "double"]
    assert sorted(tests) == sorted(ALL[1:])
    assert [grade_id for grade_id in tests if grade_id != "written"] == ALL[1:3]


@given(content=st.binary())
def test_any_bytes(taken: Take, content: bytes) -> None:
    with pytest.raises(Ungradable):
        taken(content)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in some JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    nested = [places(child, (*path, key)) for key, child in inner if isinstance(child, dict | list)]
    here = [(*path, key) for key in (value if isinstance(value, dict) else range(len(value)))]
    return here + [place for found in nested for place in found]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_any_edit_of_a_good_notebook(
    taken: Take, answered: NotebookNode, data: st.DataObject
) -> None:
    edited = json.loads(json.dumps(answered))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(edited) or [("cells",)]))
        parent = edited
        for key in way:
            parent = parent[key]
        kind = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "replace" or (kind == "add" and isinstance(parent, dict)):
            key = data.draw(st.text()) if kind == "add" else last
            parent[key] = data.draw(JSON)
        elif kind == "remove":
            del parent[last]
        else:
            parent.insert(last, data.draw(JSON | st.sampled_from(parent)))
    grade_or_refuse(taken, edited)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_the_bytes_of_a_good_notebook(
    taken: Take, answered: NotebookNode, data: st.DataObject
) -> None:
    text = json.dumps(answered).encode()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    grade_or_refuse(taken, text[:start] + data.draw(st.binary(max_size=20)) + text[end:])


def test_memory_is_bounded_by_the_number_of_values() -> None:
    """The worst that JSON can do to Python is about 72 bytes for each value: an empty object."""
    assert intake.MAX_VALUES * 72 < 200e6
