"""Keeps the widgets of executed notebooks out of the pages, and brings the scripts of explorers.

An explorer brings a view for the page; what the kernel's widgets were made of is of no use there.
"""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx


def drop_widget_state(app: Sphinx, doctree: nodes.document) -> None:
    """Forget the state of the widgets of the page just read, which myst-nb would write into it."""
    NbMetadataCollector.get_js_files(app.env, app.env.docname).pop("ipywidgets_state", None)


def add_character_model(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Load what runs a character model on the pages that hold one, and on no other.

    The weights move from the page to a file of their own, which the reader's browser loads when the
    model comes in sight. It is a script, since a page that was opened from a file may load no other
    data.
    """
    body = context.get("body", "")
    if 'class="explorer character-model"' not in body:
        return
    app.add_css_file("coursebook/character.css")
    app.add_js_file("coursebook/character.js", loading_method="defer")

    def move(match: re.Match[str]) -> str:
        model = html.unescape(match[1])
        key = hashlib.sha256(model.encode()).hexdigest()[:16]
        path = Path(app.outdir, "_static", "models", f"{key}.js")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'(globalThis.characterModels ??= {{}})["{key}"] = {model};\n', "utf8")
        source = context["pathto"](f"_static/models/{key}.js", resource=True)
        return f'data-source="{source}" data-key="{key}"'

    context["body"] = re.sub(r'data-model="([^"]*)"', move, body)


def forget_models(app: Sphinx, exception: Exception | None) -> None:
    """Remove the weights of earlier builds, which no page loads any more."""
    if exception or app.builder.name != "html":
        return
    pages = [path.read_text("utf8") for path in Path(app.outdir).glob("**/*.html")]
    for model in Path(app.outdir, "_static", "models").glob("*.js"):
        if not any(model.name in page for page in pages):
            model.unlink()


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", drop_widget_state)
    app.connect("html-page-context", add_character_model)
    app.connect("build-finished", forget_models)
