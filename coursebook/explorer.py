"""Keeps the widgets of executed notebooks out of the pages: they would need a kernel.

An explorer brings a view for the page; what the kernel's widgets were made of is of no use there.
"""

from __future__ import annotations

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx


def drop_widget_state(app: Sphinx, doctree: nodes.document) -> None:
    """Forget the state of the widgets of the page just read, which myst-nb would write into it."""
    NbMetadataCollector.get_js_files(app.env, app.env.docname).pop("ipywidgets_state", None)


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", drop_widget_state)
