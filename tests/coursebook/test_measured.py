"""The directive that prints measured figures, or says that there are none."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from coursebook import measured

RESULT = {
    "what": "Milliseconds of a nap.",
    "columns": ["who", "threads", "ms"],
    "rows": [["cat", 1, 5.5], ["dog", 1, 7.25], ["cat", 2, 3]],
    "provenance": {"command": "make nap", "date": "2026-01-02", "device": "a sofa"},
}


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Build a page that holds one directive; give its text and the warnings."""
    monkeypatch.setattr(measured, "RESULTS", tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "nap.json").write_text(json.dumps(RESULT))
    (tmp_path / "conf.py").write_text(
        "from coursebook import measured\n\n\ndef setup(app):\n    measured.setup(app)\n"
    )

    def run(directive: str) -> tuple[str, str]:
        (tmp_path / "index.rst").write_text(f"Naps\n====\n\n{directive}\n")
        warnings = io.StringIO()
        out = tmp_path / "text"
        with patch_docutils(), docutils_namespace():
            app = Sphinx(tmp_path, tmp_path, out, out, "text", status=None, warning=warnings)
            app.build()
        return (out / "index.txt").read_text(), warnings.getvalue()

    return run


def test_table_with_its_source(build) -> None:  # type: ignore[no-untyped-def]
    text, warnings = build(".. measured:: nap")
    assert warnings == ""
    for row in RESULT["rows"]:
        assert all(str(value) in text for value in row)
    assert "Milliseconds of a nap." in text
    assert "make nap" in text
    assert "2026-01-02" in text


def test_a_choice_without_rows_is_not_an_empty_table(build) -> None:  # type: ignore[no-untyped-def]
    text, warnings = build(".. measured:: nap\n   :where: who=bird")
    assert warnings == ""
    assert "Not measured yet: no row with who=bird in" in text


def test_rows_and_columns_are_chosen(build) -> None:  # type: ignore[no-untyped-def]
    text, _ = build(".. measured:: nap\n   :where: who=cat, threads=2\n   :columns: who, ms")
    assert "cat" in text
    assert "dog" not in text
    assert "5.5" not in text
    assert "threads" not in text


def test_missing_figures_are_called_missing(build) -> None:  # type: ignore[no-untyped-def]
    text, warnings = build(".. measured:: holiday")
    assert "Not measured yet" in text
    assert "holiday.json" in text
    assert warnings == ""


@pytest.mark.parametrize("option", [":where: what=1", ":columns: who, what"])
def test_unknown_column_is_named(build, option: str) -> None:  # type: ignore[no-untyped-def]
    _, warnings = build(f".. measured:: nap\n   {option}")
    assert "There is no column 'what'; there are who, threads, ms." in warnings
