"""The buttons at the head of a page: Colab, Binder and download, all for its notebook.

The theme links all of them to a chapter's ``.md``, which is no notebook to Colab and Binder. The
exported notebooks lie in the repository (see `coursebook.notebooks`) and beside the published
pages. An assignment is a notebook already, and is offered as it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from coursebook.notebooks import FOLDER, notebook_name

logger = logging.getLogger(__name__)


def configure(app: Sphinx, config: Config) -> None:
    """Use our template for the buttons, and publish no sources: notebooks take their place."""
    config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    # With the pages' text the theme would publish the executed notebooks, outputs and all.
    config.html_copy_source = False


def notebook_path(env: BuildEnvironment, docname: str) -> str | None:
    """Path in the repository, and in the published book, of the notebook of a page."""
    source = env.doc2path(docname, base=False)
    if source.endswith(".ipynb"):
        return source
    name = notebook_name(env, docname)
    return name and f"{FOLDER}/{name}"


def point_buttons(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Rewrite the theme's buttons of one page; it has written them when this runs."""
    if pagename not in app.env.found_docs:  # the search, the index, a page that was not found
        return
    notebook = notebook_path(app.env, pagename)
    buttons = []
    for button in context.get("header_buttons", []):
        if button["label"] == "launch-buttons":
            source = app.env.doc2path(pagename, base=False)
            for service in button["buttons"]:
                service["url"] = service["url"].replace(source, notebook or source)
                service["text"] = f"Open in {service['text']}"
        elif button["label"] == "download-buttons":
            # The theme offers the page's source, and printing by a script inside the page.
            if not notebook:
                continue
            button = {
                "type": "link",
                "url": context["pathto"](notebook, 1),
                "download": True,  # or some servers make the browser show the file
                "tooltip": "Download this page as a notebook",
                "icon": "fas fa-download",
                "label": "download-notebook-button",
            }
        buttons.append(button)
    context["header_buttons"] = buttons


def publish_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Copy the exported notebooks into the built book, where the download buttons look for them."""
    if error or app.builder.format != "html":
        return
    shutil.rmtree(Path(app.outdir, FOLDER), ignore_errors=True)
    for docname in sorted(app.env.found_docs):
        if path := notebook_path(app.env, docname):
            notebook, target = Path(app.srcdir, path), Path(app.outdir, path)
            if notebook.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(notebook, target)
            else:
                logger.warning("%s does not exist: run 'make notebooks'", path, location=docname)


def setup(app: Sphinx) -> None:
    """Connect the buttons to a Sphinx application."""
    app.connect("config-inited", configure)
    # After the theme's own hooks, which stand at 501.
    app.connect("html-page-context", point_buttons, priority=900)
    app.connect("build-finished", publish_notebooks)
