"""Short training, for a quick look at the pages: ``make book FAST=1``.

A cell that trains for long names in its option ``fast`` what stands in it, and what a quick build
runs in its place::

    ```{code-cell} ipython3
    ---
    fast: {epochs=20: epochs=2}
    ---
    fit(model, batches, loss, epochs=20)
    ```

Networks trained so reach nothing: a quick build leaves out each `assert` of a cell, and every page
says that its results are not the book's.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import yaml
from sphinx.application import Sphinx
from sphinx.config import Config

FAST = os.environ.get("FAST", "0") not in ("", "0")
BANNER = "A quick build: networks were trained for a moment only, and no result was checked."
#: For the kernels. `python -O` would do it too, but compile torch anew for every page.
NO_ASSERT = """
import ast
class NoAssert(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)
get_config().InteractiveShell.ast_transformers = [NoAssert()]
"""
CELL = re.compile(r"^```\{code-cell\}.*\n---\n(?P<options>(?s:.*?))\n---\n(?s:.*?)^```$", re.M)


def shorten(text: str) -> str:
    """Replace in each cell what its option ``fast`` names.

    Raises
    ------
    ValueError
        If the cell does not hold what is to be replaced.
    """

    def shorter(match: re.Match[str]) -> str:
        head, code = match[0][: match.end("options") - match.start()], match[0]
        code = code[len(head) :]
        for long, short in yaml.safe_load(match["options"]).get("fast", {}).items():
            if long not in code:
                raise ValueError(f"The option `fast` of a cell names {long!r}, which it lacks.")
            code = code.replace(long, str(short))
        return head + code

    return CELL.sub(shorter, text)


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = shorten(source[0])


def prepare(app: Sphinx, config: Config) -> None:
    config.html_theme_options["announcement"] = BANNER
    settings = Path(os.environ["IPYTHONDIR"], "profile_default", "ipython_kernel_config.py")
    with settings.open("a", encoding="utf8") as file:
        file.write(NO_ASSERT)


def setup(app: Sphinx) -> None:
    if FAST:
        app.connect("source-read", read)
        app.connect("config-inited", prepare)
