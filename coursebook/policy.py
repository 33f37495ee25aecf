"""A Content-Security-Policy in every page: it can load and run only what the book brings.

Pages on GitHub are served without headers of our own, so the policy stands in the page. The theme's
few scripts inside the page are allowed by their digests; one that is not known does not run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from sphinx.application import Sphinx

SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", re.DOTALL)
FIRST = '<meta charset="utf-8" />'


def policy(html: str) -> str:
    """Return the policy of a page: its own files, its own inline scripts, nothing else."""
    digests = [hashlib.sha256(text.encode()).digest() for _, text in SCRIPT.findall(html)]
    inline = sorted({f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests})
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *inline]),
            "style-src 'self' 'unsafe-inline'",  # KaTeX sets each sign's place in the markup
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",  # the search reads the pages that it found
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def protect(app: Sphinx, exception: Exception | None) -> None:
    """Write its policy into each page."""
    if exception or app.builder.name != "html":
        return
    for path in Path(app.outdir).glob("**/*.html"):
        html = path.read_text("utf8")
        if FIRST in html and "Content-Security-Policy" not in html:
            meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(html)}" />'
            path.write_text(html.replace(FIRST, f"{FIRST}\n    {meta}", 1), "utf8")


def setup(app: Sphinx) -> None:
    # Last of all: after what still writes into the pages.
    app.connect("build-finished", protect, priority=900)
