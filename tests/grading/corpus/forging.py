"""Marks claimed by what is printed, tagged or written into the notebook."""

# ruff: noqa: E501 (sources of cells)

from nbformat.v4 import new_output


def _tag(*tags):
    def edit(notebook):
        for cell in notebook.cells:
            cell.metadata["tags"] = list(tags)

    return edit


def _outputs(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            points = {"text/plain": str(cell.metadata.nbgrader.points)}
            cell.outputs = [new_output("execute_result", data=points, execution_count=1)]


def _points(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.points = 1000
            cell.metadata.nbgrader.schema_version = 3


def _markdown_tests(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            cell.cell_type = "markdown"
            for key in ("outputs", "execution_count"):
                cell.pop(key, None)


def _solutions_instead_of_tests(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            cell.metadata.nbgrader.update(locked=False, solution=True, grade=True)
            cell.source = "pass"


def _delete_tests(notebook):
    notebook.cells = [
        cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("locked")
    ]


def _own_limits(notebook):
    notebook.metadata["grading"] = {"cell_seconds": 1e9, "no_such_limit": 1}


def _own_kernel(notebook):
    notebook.metadata["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}


def _pass_in_tests(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            cell.source = "score = 1000\nscore"


CASES = {
    "tag-skip-execution": {"edit": _tag("skip-execution")},
    "tag-raises-exception": {"edit": _tag("raises-exception", "nbgrader-ignore", "remove-cell")},
    "outputs-written-by-hand": {"edit": _outputs},
    "points-raised": {"edit": _points},
    "points-raised-for-right-answers": {"edit": _points, "base": "reference", "points": 26},
    "tests-turned-to-markdown": {"edit": _markdown_tests},
    "tests-turned-to-answers": {"edit": _solutions_instead_of_tests},
    "tests-deleted": {"edit": _delete_tests},
    "tests-rewritten": {"edit": _pass_in_tests},
    "own-limits": {"edit": _own_limits, "base": "reference", "points": 26, "flag": ""},
    "another-kernel": {"edit": _own_kernel, "base": "reference", "points": 26},
    "prints-points": {"first": "print(26)\n26", "last": "26"},
    "names-of-the-tests": {  # the instructor's names stay the instructor's
        "first": "def _expect(*a): pass\ndef _real_shapes(*a, **k): return (), ()\n"
        "_real_count = lambda *a, **k: 120\nclass check: pass\nscore = type('S', (), {'points': 9})()",
        "answers": {"count_parameters": "def count_parameters(*a, **k):\n    return 120"},
        "points": 0,
    },
    "defines-builtins": {
        "first": "import builtins\nbuiltins.isinstance = lambda *a: True\n"
        "builtins.len = lambda x: 2\nbuiltins.tuple = lambda x: 1\n"
        "builtins.AssertionError = type('Quiet', (BaseException,), {})",
    },
}
