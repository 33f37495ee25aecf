"""The chapters as notebooks for Colab, Binder and JupyterLab.

``python -m coursebook.notebooks`` writes ``notebooks/NN-name.ipynb`` from the chapters, with the
book's own configuration and without running a cell; with ``--check`` it compares bytes instead. The
same chapters give the same bytes on every machine: no outputs, no counts, no times, and cell ids
that follow from what the cells hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from myst_nb.core.render import create_figure_context
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers.mdit import create_md_parser
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from coursebook.markdown import MarkdownRenderer, destination, escape
from coursebook.quiz import question_node, quiz_node

ROOT = Path(__file__).parent.parent
#: Where the notebooks lie in the repository, and beside the pages of the published book.
FOLDER = "notebooks"
#: What a notebook installs on Colab: the library with the data sets that the chapters read.
PACKAGE = "rnnlib[data]"

#: What Jupyter Book's command would set for a build, and that no cell runs.
UNRUN = {
    "external_toc_path": "_toc.yml",
    "latex_individualpages": False,
    "nb_execution_mode": "off",
}

logger = logging.getLogger(__name__)

Cell = dict[str, Any]


def notebook_name(env: BuildEnvironment, docname: str) -> str | None:
    """File name of the notebook made from a document, or None where none is.

    None is made of a document that runs no code, and of one that is a notebook, as an assignment.
    """
    runs_code = "kernelspec" in env.metadata.get(docname, {})
    if not runs_code or env.doc2path(docname, base=False).endswith(".ipynb"):
        return None
    return docname.rsplit("/", 1)[-1] + ".ipynb"


# -- cells -----------------------------------------------------------------------------------------


def markdown_cell(source: str) -> Cell:
    """A Markdown cell, but for its id."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code_cell(source: str, tags: list[str] | None = None) -> Cell:
    """A code cell that has not run, but for its id; what the page hides, the notebook folds."""
    metadata: dict[str, Any] = {}
    if tags:
        metadata["tags"] = tags
    folded = {}
    if {"hide-input", "hide-cell"} & set(tags or []):
        folded["source_hidden"] = True
    if {"hide-output", "hide-cell"} & set(tags or []):
        folded["outputs_hidden"] = True
    if folded:
        metadata["jupyter"] = folded
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def setup_cell(repository: str, branch: str) -> Cell:
    """The first code cell: it installs the course's library on Colab and does nothing elsewhere."""
    return code_cell(
        "# Colab has to install the course's library first; elsewhere this does nothing.\n"
        "import sys\n"
        "\n"
        'if "google.colab" in sys.modules:\n'
        f'    %pip install -q "{PACKAGE} @ git+{repository}@{branch}"'
    )


def dump(cells: list[Cell]) -> str:
    """The notebook file of these cells, in nbformat 4.5.

    A cell's id is a hash of its type and text and of how many cells like it came before, so that a
    change in one cell leaves every other line of the file as it was.
    """
    seen: Counter[tuple[str, str]] = Counter()
    finished = []
    for cell in cells:
        key = (cell["cell_type"], cell["source"])
        content = "\0".join([*key, str(seen[key])])
        seen[key] += 1
        finished.append(
            cell
            | {
                "id": hashlib.sha256(content.encode()).hexdigest()[:12],
                "source": cell["source"].splitlines(keepends=True),
            }
        )
    notebook = {
        "cells": finished,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# -- from a document to cells ----------------------------------------------------------------------


def is_code_cell(node: nodes.Node) -> bool:
    """Whether a node is a code cell of the chapter."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


class CellWriter:
    """Cells of one chapter: its code cells, and between them one Markdown cell a section.

    Parameters
    ----------
    renderer
        Renders what stands between the code cells.
    sources
        The chapter's own cells in order, as its source file has them.
    """

    def __init__(self, renderer: MarkdownRenderer, sources: list[Any]) -> None:
        self.renderer = renderer
        self.sources = sources
        self.cells: list[Cell] = []
        self._parts: list[str] = []
        self._only_headings = True

    def add(self, markdown: str) -> None:
        """Add a block to the Markdown cell that is being written."""
        if markdown:
            self._parts.append(markdown)
            self._only_headings = False

    def finish_cell(self) -> None:
        """End the Markdown cell that is being written, with the footnotes it refers to."""
        parts = self._parts + self.renderer.take_footnotes()
        if parts:
            self.cells.append(markdown_cell("\n\n".join(parts)))
        self._parts = []
        self._only_headings = True

    def add_heading(self, section: nodes.section, level: int) -> None:
        """Begin a cell with a section's heading; a heading right below another shares its cell."""
        if not self._only_headings:
            self.finish_cell()
        self._parts.append(f"{'#' * min(level, 6)} {self.renderer.heading(section)}")

    def add_code(self, node: nodes.Element) -> None:
        """Add a code cell, and below it the captions of the figures that it draws."""
        self.finish_cell()
        source = self.sources[node["cell_index"]]
        self.cells.append(code_cell(source["source"], list(source["metadata"].get("tags", []))))
        for figure in node.findall(nodes.figure):
            captions = [child for child in figure.children if not isinstance(child, nodes.image)]
            self.add(self.renderer.block(nodes.figure("", *captions, ids=figure["ids"])))

    def add_section(self, section: nodes.Element, level: int) -> None:
        """Add all that a section of this level holds below its heading."""
        for child in section.children:
            if not isinstance(child, nodes.title):
                self.add_block(child, level)

    def add_block(self, node: nodes.Node, level: int) -> None:
        """Add what stands in a section of this level."""
        if is_code_cell(node):
            self.add_code(node)
        elif isinstance(node, nodes.section):
            self.add_heading(node, level + 1)
            self.add_section(node, level + 1)
        elif isinstance(node, quiz_node):
            self.add_section(node, level)
        elif isinstance(node, question_node):  # in a cell of its own, to try things below it
            self.finish_cell()
            self.add(self.renderer.block(node))
            self.finish_cell()
        else:
            self.add(self.renderer.block(node))


class NotebookBuilder(Builder):
    """Writes each document that holds code cells as a notebook."""

    name = "notebooks"
    format = "notebooks"
    epilog = "The notebooks are in %(outdir)s."

    def get_outdated_docs(self) -> set[str]:
        return self.env.found_docs

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return docname  # what a reference leads to, the renderer decides

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        return self.get_target_uri(to, typ)

    def prepare_writing(self, docnames: set[str]) -> None:
        names = Counter(notebook_name(self.env, docname) for docname in docnames)
        for name, count in names.items():
            if name and count > 1:
                logger.warning("%s documents would be exported as %s: rename them", count, name)

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        name = notebook_name(self.env, docname)
        if name:
            text = dump(self.cells(docname, doctree))
            Path(self.outdir, name).write_bytes(text.encode())

    def cells(self, docname: str, doctree: nodes.document) -> list[Cell]:
        """The notebook's cells: title, Colab's setup, then the chapter."""
        # Code comes from the source, to the letter; the document tree says where it stands.
        path = Path(self.env.doc2path(docname))
        config = self.env.myst_config  # type: ignore[attr-defined]
        source = read_myst_markdown_notebook(path.read_text("utf-8"), config, path=path)

        renderer = MarkdownRenderer(self, docname, lambda other: notebook_name(self.env, other))
        writer = CellWriter(renderer, source.cells)
        chapter = next(doctree.findall(nodes.section))
        writer.add_heading(chapter, 1)
        writer.add(self.origin(renderer))
        writer.finish_cell()
        theme: Any = self.config.html_theme_options
        writer.cells.append(setup_cell(theme["repository_url"], theme["repository_branch"]))
        for child in doctree.children:
            if child is chapter:
                writer.add_section(child, 1)
            else:
                writer.add_block(child, 0)
        writer.finish_cell()

        shown = {node["cell_index"] for node in doctree.findall(is_code_cell)}
        for index, cell in enumerate(source.cells):
            if cell.cell_type == "code" and index not in shown:
                logger.warning(
                    "the notebook would lack the cell that begins with %r: hide it on the page by"
                    " the tag hide-cell or hide-input, not by one that removes it",
                    cell.source.split("\n", 1)[0],
                    location=docname,
                )
        return writer.cells

    def origin(self, renderer: MarkdownRenderer) -> str:
        """The line below the title that says which book this is a part of, with its address."""
        book = f"*{escape(self.config.project)}*"
        if page := renderer.page_url():
            book = f"[{book}]({destination(page)})"
        return f"Part of {book}, to run and change."


class CellFigures(SphinxTransform):
    """Gives cells that have not run the captions of the figures that they will draw.

    MyST-NB makes a cell's figure from its output. Without it the text could not refer to the figure
    by its number, and all later figures would be numbered otherwise than on the page.
    """

    default_priority = 100  # before docutils and Sphinx give ids and numbers (from 210 on)

    def apply(self, **kwargs: Any) -> None:
        if self.app.builder.name != NotebookBuilder.name:
            return
        for cell in list(self.document.findall(is_code_cell)):
            options = cell["cell_metadata"].get("mystnb", {}).get("figure")
            if options and not next(cell.findall(nodes.figure), None):
                parser = create_md_parser(self.env.myst_config, SphinxRenderer)  # type: ignore[attr-defined]
                parser.options["document"] = self.document
                renderer: Any = parser.renderer
                renderer.setup_render(parser.options, {})
                renderer.current_node = cell
                with create_figure_context(renderer, options, cell.line or 0):
                    pass


def setup(app: Sphinx) -> None:
    """Add the builder to a Sphinx application."""
    app.add_builder(NotebookBuilder)
    app.add_transform(CellFigures)


# -- command line ----------------------------------------------------------------------------------


def export(root: Path) -> dict[str, bytes]:
    """Notebooks of the book at ``root``, by file name.

    Raises
    ------
    RuntimeError
        If Sphinx found anything to warn of. Its messages stand on stderr.
    """
    from jupyter_book.sphinx import build_sphinx  # slow to import, and of use only here

    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        # sphinx_external_toc looks at every object there is, and torch's old names object.
        warnings.filterwarnings("ignore", category=FutureWarning, module="sphinx_external_toc")
        out = Path(scratch, FOLDER)
        status = build_sphinx(
            root,
            out,
            noconfig=True,
            path_config=root / "_config.yml",
            confoverrides=dict(UNRUN),  # Jupyter Book takes out what it reads
            builder=NotebookBuilder.name,
            warningiserror=True,
            keep_going=True,
            quiet=True,
        )
        if status != 0:
            raise RuntimeError("the chapters cannot be exported: the messages above say why")
        return {path.name: path.read_bytes() for path in sorted(out.glob("*.ipynb"))}


def differences(folder: Path, expected: dict[str, bytes]) -> list[str]:
    """How the notebooks in ``folder`` differ from those expected, one line a file."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.ipynb")}
    lines = []
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            lines.append(f"{FOLDER}/{name} is missing")
        elif name not in expected:
            lines.append(f"{FOLDER}/{name} belongs to no chapter")
        elif found[name] != expected[name]:
            lines.append(f"{FOLDER}/{name} is not what its chapter exports")
    return lines


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the notebooks, or with ``--check`` compare them. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m coursebook.notebooks", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; 1 if a file differs")
    check = parser.parse_args(arguments).check

    folder = root / FOLDER
    try:
        notebooks = export(root)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    stale = differences(folder, notebooks)
    if check:
        for line in stale:
            print(line, file=sys.stderr)
        if stale:
            print("Run 'make notebooks' and commit the result.", file=sys.stderr)
        return 1 if stale else 0

    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.ipynb"):
        if path.name not in notebooks:
            path.unlink()
    for name, content in notebooks.items():
        (folder / name).write_bytes(content)
    print(f"{len(notebooks)} notebooks are in {FOLDER}/, {len(stale)} of them changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
