"""One notebook, from its cells to its verdicts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.execute import Examination, Examiner, Limits, restored

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as examiner:
        yield examiner


def mark(name: str, source: str, **facts: Any) -> NotebookNode:
    facts = {"grade": False, "solution": False, "locked": False, "task": False} | facts
    cell = new_code_cell(source)
    cell.metadata.nbgrader = {"grade_id": name, "schema_version": 3, **facts}
    return cell


def answer(source: str, name: str = "answer") -> NotebookNode:
    return mark(name, source, solution=True)


def visible(source: str, name: str = "test", points: float = 2) -> NotebookNode:
    return mark(name, source, grade=True, locked=True, points=points)


def hidden(source: str, name: str = "hidden", points: float = 2) -> NotebookNode:
    return visible(f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS", name, points)


def locked(source: str, name: str = "given") -> NotebookNode:
    return mark(name, source, locked=True)


def examine(examiner: Examiner, *cells: NotebookNode, **limits: Any) -> Examination:
    return examiner.examine(new_notebook(cells=list(cells)), limits=Limits(**limits))


def points(done: Examination) -> list[float]:
    return [verdict.points for verdict in done.verdicts]


def test_the_notebook_given_is_not_changed(examiner: Examiner) -> None:
    notebook = new_notebook(cells=[new_code_cell("print(1)"), new_markdown_cell("text")])
    before = nbformat.writes(notebook)
    done = examiner.examine(notebook)
    assert nbformat.writes(notebook) == before
    assert done.notebook.cells[0].outputs[0].text == "1\n"
    assert done.verdicts == []
    assert 0 < done.student_seconds < done.seconds


def test_tests_see_the_answer_as_it_is_at_their_place(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("def f(): return 1"),
        visible("assert f() == 1"),
        answer("def f(): return 2", "second"),
        visible("assert f() == 1", "again"),
        visible("assert f() == 2", "anew"),
    )
    assert points(done) == [2, 0, 2]


def test_plain_values(examiner: Examiner) -> None:
    source = (
        "import torch\nword, numbers, model = 'state', {'a': [1, 2]}, object()\nx = torch.ones(2)"
    )
    done = examine(
        examiner,
        answer(source),
        visible("import torch\nassert word == 'state' and numbers['a'] == [1, 2]"),
        visible("assert torch.equal(x, torch.ones(2))", "tensor"),
        visible("model", "object"),
        visible("nothing", "missing"),
    )
    assert points(done) == [2, 2, 0, 0]
    said = [verdict.message for verdict in done.verdicts]
    assert said[2] == "NameError: model is a object: a test sees functions and plain values only"
    assert said[3] == "NameError: name 'nothing' is not defined"


def test_cells_given_by_the_instructor_run_on_both_sides(examiner: Examiner) -> None:
    done = examine(
        examiner,
        locked("SCALE = 3\ndef helper(x): return SCALE * x"),
        answer("def f(x): return helper(x)\ndef helper(x): return 0\nSCALE = 5\nanswer = f(1)"),
        visible("assert helper(2) == 6 and SCALE == 3"),  # the instructor's, not the student's
        visible("assert f(2) == 0 and answer == 0", "student"),
    )
    assert points(done) == [2, 2]


def test_a_student_cannot_stand_in_for_a_helper_of_the_tests(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("def f(): return 1\ndef compare(*a): pass\nexpected = 1"),
        visible("def compare(a, b): assert a == b\nexpected = 2\ncompare(f(), expected)"),
        answer("def compare(*a): pass", "again"),
        visible("compare(f(), expected)", "later"),
    )
    assert points(done) == [0, 0]


def test_a_name_that_a_test_has_set_stays_its_own(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("n = 2"),
        visible("assert n == 2"),
        visible("n = 2", "sets it"),
        answer("n = 5", "changed"),
        visible("assert n == 2", "reads it"),
    )
    assert points(done) == [2, 2, 2]


def test_not_even_if_the_cell_that_sets_it_was_made_to_fail(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("def f(x):\n    return x / x\ndef compare(*a): pass\nlimit = 0"),
        visible("f(0)\ndef compare(a, b): assert a == b\nlimit = 5"),
        visible("compare(f(1), 2)", "uses the function"),
        visible("assert limit == 0", "uses the value"),
    )
    assert points(done) == [0, 0, 0]


def test_not_even_for_one_that_is_imported_with_a_star(examiner: Examiner) -> None:
    forged = "def expect_equal(*a): pass\ndef f(): return 1"
    compare = "expect_equal('f()', f(), 2, '')"
    done = examine(
        examiner,
        answer(forged),
        visible(f"from rnnlib.check import *\n{compare}"),
        visible(compare, "later"),
        visible(f"exec('expect_equal = max')\n{compare}", "set by exec"),
        visible("assert expect_equal(1, 2) == 2", "after exec"),
    )
    assert points(done) == [0, 0, 0, 2]


def test_messages(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("def f(x):\n    return 1 / x"),
        visible("assert f(1) == 2, 'f(1) is 1, expected 2'"),
        visible("f(0)", "raises"),
        hidden("assert f(1) == 2, 'a secret'"),
        hidden("f(1)\n1", "partly"),
        visible("assert False", "bare"),
        visible("def (", "syntax"),
    )
    first, raises, secret, partly, bare, syntax = done.verdicts
    assert first.message == "f(1) is 1, expected 2"
    assert raises.message == (
        "ZeroDivisionError: division by zero, raised by f, line 2 of your cell, `return 1 / x`"
    )
    assert (secret.points, secret.message, secret.detail) == (0, "", "a secret")
    assert (partly.points, partly.passed, partly.message) == (1, False, "")
    assert bare.message == "AssertionError"
    assert syntax.message.startswith("SyntaxError")
    assert "a secret" not in nbformat.writes(done.notebook).replace(hidden_source(done), "")
    trace = done.notebook.cells[1].outputs[0].traceback
    assert trace[0].startswith("line 1: assert f(1) == 2")
    assert done.notebook.cells[4].outputs[0].data == {"text/plain": "1"}


def hidden_source(done: Examination) -> str:
    return "assert f(1) == 2, 'a secret'"


def test_prints(examiner: Examiner) -> None:
    """In a visible test they show; in a hidden one nothing does."""
    noise = "import sys\ndef f(): print('said by f'); print('!', file=sys.stderr)"
    done = examine(
        examiner, answer(noise), visible("f(); print('said by the test')"), hidden("f()")
    )
    assert points(done) == [2, 2]
    shown, secret = (cell.outputs for cell in done.notebook.cells[1:])
    assert [(o.name, o.text) for o in shown] == [("stdout", "said by f\nsaid by the test\n")]
    assert secret == []


def test_edits_of_arguments(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("def careful(x): return x + 1\ndef careless(x):\n    x += 1\n    return x"),
        visible(
            "import torch\nfor f in (careful, careless):\n    x = torch.zeros(2)\n"
            "    assert torch.equal(f(x), torch.ones(2))\n"
            "    print(f.__name__, x.tolist())"
        ),
    )
    text = done.notebook.cells[1].outputs[0].text
    assert text == "careful [0.0, 0.0]\ncareless [1.0, 1.0]\n"


def test_large_values(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("import torch\ndef weights(x): return {f'w{n}': x + n for n in range(5)}"),
        visible(
            "import torch\nx = torch.zeros(1000, 500)\ngot = weights(x)\n"
            "assert len(got) == 5 and all((got[f'w{n}'] == n).all() for n in range(5))"
        ),
    )
    assert points(done) == [2]
    done = examine(
        examiner,
        answer("import torch\ndef f(): return torch.zeros(1000, 500)"),
        visible("f()"),
        value_bytes=10**6,
    )
    assert done.verdicts[0].message.startswith(
        "f returned something that cannot be checked: the value is too large"
    )


def test_marks_earned_before_the_kernel_dies_stay(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("def f(): return 1"),
        visible("assert f() == 1", "before"),
        new_code_cell("import os\nprint('last words')\nos._exit(3)"),
        new_code_cell("print('not run')"),
        visible("assert True", "after"),
        hidden("pass"),
    )
    assert points(done) == [2, 0, 0]
    assert done.flags == ["the kernel died in cell 3: it exited with status 3"]
    assert "exited with status 3" in done.verdicts[1].message
    cells = done.notebook.cells
    assert [o.get("text") or o.evalue for o in cells[2].outputs] == [
        "last words\n",
        "it exited with status 3",
    ]
    assert cells[3].outputs == []


def test_a_call_that_takes_too_long(examiner: Examiner) -> None:
    done = examine(
        examiner,
        answer("import time\ndef slow(): time.sleep(60)\ndef f(): return 1"),
        visible("slow()"),
        visible("try: slow()\nexcept Exception: pass\nassert f() == 1", "late"),
        visible("assert f() == 1", "next"),
        cell_seconds=3,
    )
    assert points(done) == [0, 0, 2]
    assert "took longer than 3 s" in done.verdicts[0].message


def test_a_test_that_a_value_keeps_busy(examiner: Examiner) -> None:
    """Its process is ended; the next test gets a new one, in which given cells have run."""
    done = examine(
        examiner,
        locked("import time\nONE = 1"),
        answer("def f(): return 10**9"),
        visible("time.sleep(f())"),
        visible("assert ONE == 1 and f() > ONE", "next"),
        cell_seconds=1,
    )
    assert points(done) == [0, 2]
    assert done.flags == ["test cell test: the test ran longer than it may"]


def test_calls_of_a_forbidden_module_are_seen_where_they_happen(examiner: Examiner) -> None:
    test = (
        "import torch\nfrom rnnlib import check\n"
        "pad = check.forbid(pad, 'torch.nn.utils.rnn')\n"
        "assert pad([torch.ones(2), torch.ones(1)]).shape == (2, 2)"
    )
    by_hand = (
        "import torch\ndef pad(xs):\n    out = torch.zeros(2, len(xs))\n"
        "    for n, x in enumerate(xs): out[:len(x), n] = x\n    return out"
    )
    delegated = "from torch.nn.utils.rnn import pad_sequence\ndef pad(xs): return pad_sequence(xs)"
    assert points(examine(examiner, answer(by_hand), visible(test))) == [2]
    done = examine(examiner, answer(delegated), visible(test))
    assert points(done) == [0]
    assert "pad calls torch.nn.utils.rnn.pad_sequence" in done.verdicts[0].message


def test_a_given_cell_that_does_not_end(examiner: Examiner) -> None:
    done = examine(
        examiner,
        locked("while True: pass"),
        locked("x = 1", "second"),
        answer("def f(): return 1"),
        visible("assert f() == 1"),
        cell_seconds=1,
    )
    assert points(done) == [0]
    assert done.verdicts[0].message == "TimeoutError: a cell that tests need did not end"


def test_no_sandbox() -> None:
    """For the instructor's own notebooks: the same verdicts, with our own rights."""
    with Examiner(sandbox=False) as examiner:
        source = "import os\ndef f(): return os.getuid(), os.getcwd()"
        expected = f"assert f() == ({os.getuid()}, {os.getcwd()!r})"
        done = examine(examiner, answer(source), visible(expected))
    assert points(done) == [2]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one assignment, `tiny`, that sets a limit of its own, released."""
    for name in ("nbgrader_config.py", "_config.yml"):
        shutil.copy(ROOT / name, tmp_path)
    cells = [
        answer("### BEGIN SOLUTION\ndef f(): return 1\n### END SOLUTION"),
        visible("assert f() == 1, 'f() is not 1'"),
        hidden("assert f() + 1 == 2"),
    ]
    for cell in cells:
        cell.id = cell.metadata.nbgrader.grade_id
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernelspec, "grading": {"cell_seconds": 2}}
    (tmp_path / "solutions" / "tiny").mkdir(parents=True)
    notebook = new_notebook(cells=cells, metadata=metadata)
    nbformat.write(notebook, tmp_path / "solutions" / "tiny" / "tiny.ipynb")
    nbgrader(tmp_path, "generate_assignment", "tiny")
    return tmp_path


def test_only_the_instructor_marks_cells() -> None:
    source = new_notebook(cells=[answer("def f(): return 1"), visible("assert f() == 1")])
    submitted = new_notebook(
        cells=[
            locked("import builtins", "mine"),
            mark("answer", "def f(): return 2", locked=True),
            mark("test", "pass", solution=True, grade=True, points=100),
            visible("pass"),  # once more
        ]
    )
    cells = restored(submitted, source).cells
    assert [cell.source for cell in cells] == [
        "import builtins",
        "def f(): return 2",
        "assert f() == 1",
        "pass",
    ]
    marks = [cell.metadata.get("nbgrader") for cell in cells]
    assert marks == [None, *(cell.metadata.nbgrader for cell in source.cells), None]


def nbgrader(course: Path, *arguments: str) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, cwd=course, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_nbgraders_own_command(course: Path) -> None:
    """`nbgrader autograde` runs submissions in the sandbox, with the instructor's limits."""
    submissions = {
        "right": "def f(): return 1",
        "slow": "import time\ndef f(): time.sleep(9); return 1",
        "curious": "import os\nassert os.listdir('/proc') == []\ndef f(): return 1",
    }
    for student, source in submissions.items():
        notebook = nbformat.read(course / "exercises/tiny/tiny.ipynb", as_version=4)
        notebook.metadata["grading"] = {"cell_seconds": 1000}  # which a submission must not set
        notebook.cells = [cell for cell in notebook.cells if cell.get("id") != "colab-setup"]
        next(cell for cell in notebook.cells if cell.id == "answer").source = source
        folder = course / "submitted" / student / "tiny"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "tiny.ipynb")
    notebook = nbformat.read(course / "exercises/tiny/tiny.ipynb", as_version=4)
    notebook.cells = [
        cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")
    ]
    folder = course / "submitted" / "deleted" / "tiny"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "tiny.ipynb")
    nbgrader(course, "autograde", "tiny")
    nbgrader(course, "export")
    rows = (course / "grades.csv").read_text().splitlines()
    columns = rows[0].split(",")
    scores = {
        row.split(",")[columns.index("student_id")]: float(row.split(",")[columns.index("score")])
        for row in rows[1:]
    }
    assert scores == {"right": 4, "slow": 0, "curious": 4, "deleted": 0}


def test_the_same_cells_pass_nbgrader_validate(course: Path) -> None:
    said = nbgrader(course, "validate", "solutions/tiny/tiny.ipynb")
    assert "Success" in said
