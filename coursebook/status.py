"""The directive ``{versions}``: a table of the packages with which a book was built."""

from __future__ import annotations

import platform
from importlib.metadata import version

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Versions(SphinxDirective):
    """Show Python's version, and those of the packages named in the content, one a line."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        found = {"Python": platform.python_version()}
        found |= {name: version(name) for line in self.content if (name := line.strip())}
        items = [
            nodes.list_item("", nodes.paragraph("", f"{name} {number}"))
            for name, number in found.items()
        ]
        return [nodes.bullet_list("", *items)]


def setup(app: Sphinx) -> None:
    app.add_directive("versions", Versions)
