"""The directive ``{measured} name``: a table from ``benchmarks/results/name.json``.

Under the table stands where the figures come from. If the file is not there, the page says that
they have not been measured.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"


def _row(texts: list[Any]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", str(text))) for text in texts))


class Measured(SphinxDirective):
    """Show a table of measured figures, or say that they are missing.

    ``:where: threads=1, call=training`` keeps the rows with these values, ``:columns: T, B, ratio``
    the columns of these names. ``:what:`` says what is seen, in place of what the file says of all.
    """

    required_arguments = 1
    option_spec = {  # noqa: RUF012 - docutils' own form
        "where": directives.unchanged,
        "columns": directives.unchanged,
        "what": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        path = RESULTS / f"{self.arguments[0]}.json"
        self.env.note_dependency(str(path))
        if not path.is_file():
            return [self.missing("there is no ", path)]
        result = json.loads(path.read_text("utf8"))
        rows = [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]
        for condition in self.names("where"):
            name, _, value = (part.strip() for part in condition.partition("="))
            self.check(name, result["columns"])
            rows = [row for row in rows if str(row[name]) == value]
        if not rows:
            return [self.missing(f"no row with {self.options['where']} in ", path)]
        columns = self.names("columns") or result["columns"]
        for name in columns:
            self.check(name, result["columns"])
        what = self.options.get("what", result["what"])
        source = ", ".join(f"{key} {value}" for key, value in result["provenance"].items())
        return [
            self.table(columns, [[row[name] for name in columns] for row in rows]),
            nodes.paragraph("", f"{what} Measured: {source}."),
        ]

    @staticmethod
    def missing(what: str, path: Path) -> nodes.note:
        """Say that something has not been measured."""
        file = f"benchmarks/results/{path.name}"
        text = nodes.paragraph(
            "", f"Not measured yet: {what}", nodes.literal("", file), nodes.Text(".")
        )
        return nodes.note("", text)

    def names(self, option: str) -> list[str]:
        """The parts of an option's value, between commas."""
        parts = self.options.get(option, "").split(",")
        return [part.strip() for part in parts if part.strip()]

    def check(self, name: str, columns: list[str]) -> None:
        if name not in columns:
            raise self.error(f"There is no column {name!r}; there are {', '.join(columns)}.")

    @staticmethod
    def table(columns: list[str], rows: list[list[Any]]) -> nodes.table:
        group = nodes.tgroup("", cols=len(columns))
        widths = (
            max(len(str(text)) for text in column) for column in zip(columns, *rows, strict=True)
        )
        group += [nodes.colspec(colwidth=width) for width in widths]
        group += nodes.thead("", _row(columns))
        group += nodes.tbody("", *(_row(row) for row in rows))
        return nodes.table("", group)


def setup(app: Sphinx) -> None:
    app.add_directive("measured", Measured)
