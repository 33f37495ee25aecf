"""Repairs of what the theme and its companions write that a screen reader stumbles over.

Each repair is a pattern in the finished page and what takes its place. The tests run axe-core on
every page, so a repair that no longer fits a new version of the theme does not stay unnoticed.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

REPAIRS = [
    # A name that hides the words on the button or summary: the words are the better name.
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    (r'(<button class="btn search-button-field [^>]*?) title="Search" aria-label="Search"', r"\1"),
    (r'(<i class="theme-switch [^>]*?) +title="[^"]*"', r"\1"),
    # The logo stands outside of all landmarks.
    (r'<div class="sidebar-primary-item">(\s*<a class="navbar-brand)', r'<div role="banner">\1'),
    # A head of a table, or a cell of it, that is empty.
    (r'<thead>\s*<tr[^>]*>(?:\s*<th class="head"><p></p></th>)+\s*</tr>\s*</thead>', ""),
    (r'<th class="head"><p></p></th>', "<td></td>"),
    # An icon: the words beside it, or the name of its button, say what it is for.
    (r'<i (?![^>]*aria-hidden)(?=[^>]*class="[^"]*\bfa)', '<i aria-hidden="true" '),
    # Roles that no longer exist, or that do not allow what lies inside.
    (r' role="doc-biblioentry"', ""),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
]


def repair(html: str) -> str:
    """Apply all repairs to a page. A page that has been repaired stays as it is."""
    for pattern, replacement in REPAIRS:
        html = re.sub(pattern, replacement, html)
    return html


def repair_pages(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    for path in Path(app.outdir).glob("**/*.html"):
        html = path.read_text("utf8")
        if (repaired := repair(html)) != html:
            path.write_text(repaired, "utf8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", repair_pages)
