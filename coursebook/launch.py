"""The buttons at the head of a chapter: Colab, Binder and download, all for its exported notebook.

The theme links all of them to the chapter's ``.md``, which is no notebook to Colab and Binder. The
exported notebooks lie in the repository (see `coursebook.notebooks`) and beside the published
pages.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from coursebook.notebooks import FOLDER, notebook_name

logger = logging.getLogger(__name__)


def configure(app: Sphinx, config: Config) -> None:
    """Use our template for the buttons, and publish no sources: notebooks take their place."""
    config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    # With the pages' text the theme would publish the executed notebooks, outputs and all.
    config.html_copy_source = False


def point_buttons(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Rewrite the theme's buttons of one page; it has written them when this runs."""
    name = notebook_name(app.env, pagename)
    buttons = []
    for button in context.get("header_buttons", []):
        if button["label"] == "launch-buttons":
            source = app.env.doc2path(pagename, base=False)
            for service in button["buttons"]:
                service["url"] = service["url"].replace(source, f"{FOLDER}/{name}")
                service["text"] = f"Open in {service['text']}"
        elif button["label"] == "download-buttons":
            # The theme offers the page's source, and printing by a script inside the page.
            if not name:
                continue
            button = {
                "type": "link",
                "url": context["pathto"](f"{FOLDER}/{name}", 1),
                "download": True,  # or some servers make the browser show the file
                "tooltip": "Download this chapter as a notebook",
                "icon": "fas fa-download",
                "label": "download-notebook-button",
            }
        buttons.append(button)
    context["header_buttons"] = buttons


def publish_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Copy the exported notebooks into the built book, where the download buttons look for them."""
    if error or app.builder.format != "html":
        return
    target = Path(app.outdir, FOLDER)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for docname in sorted(app.env.found_docs):
        if name := notebook_name(app.env, docname):
            notebook = Path(app.srcdir, FOLDER, name)
            if notebook.exists():
                shutil.copy(notebook, target)
            else:
                logger.warning(
                    "%s/%s does not exist: run 'make notebooks'", FOLDER, name, location=docname
                )


def setup(app: Sphinx) -> None:
    """Connect the buttons to a Sphinx application."""
    app.connect("config-inited", configure)
    # After the theme's own hooks, which stand at 501.
    app.connect("html-page-context", point_buttons, priority=900)
    app.connect("build-finished", publish_notebooks)
