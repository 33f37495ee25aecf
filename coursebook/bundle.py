"""One style sheet a page, and no script before the text: so a page shows itself after one request.

Sphinx's extensions and the theme bring seventeen style sheets, most of whose rules suit no element
of this book, and scripts in the head, each of which a browser fetches before it draws anything. On
a slow line every one costs a round trip. Here the style sheets that a page names become one,
without the rules that fit nothing (PurgeCSS finds them), and scripts stand behind the text.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path, PurePosixPath
from posixpath import normpath

from sphinx.application import Sphinx

from coursebook.assets import NODE, WEB

PURGE = WEB / "node_modules" / "purgecss" / "bin" / "purgecss.js"
LINK = re.compile(r'<link\b[^>]*\brel="stylesheet"[^>]*>\s*')
HREF = re.compile(r'href="([^"]*_static/)([^"?]+)')
#: The style sheets that a bundle was made of: a page that Sphinx does not write anew names them.
PARTS = re.compile(r'data-parts="([^"]*)"')
SCRIPT = re.compile(r"<script\b.*?</script>\s*", re.S)
NOISE = re.compile(r"@charset[^;]*;|/\*(?!!).*?\*/", re.S)  # and comments, but for licences
IMPORT = re.compile(r'@import "([^"]+)";')
URL = re.compile(r'url\(["\']?(?!data:|#|[a-z]+://)([^"\')]+)["\']?\)')


def bundle(app: Sphinx, exception: Exception | None) -> None:
    """Give each page of the built book one style sheet, and move its scripts to the end."""
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    pages: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in Path(app.outdir).glob("**/*.html"):
        page = path.read_text("utf8")
        if static not in path.parents and (parts := parts_of(page)):  # no template of the theme's
            path.write_text(scripts_last(page), "utf8")
            pages[parts].append(path)
    for old in static.glob("book.*.css"):
        old.unlink()
    styles = purge(Path(app.outdir), [join(static, parts) for parts in pages])
    for (parts, paths), style in zip(pages.items(), styles, strict=True):
        name = f"book.{hashlib.sha256(style.encode()).hexdigest()[:12]}.css"
        (static / name).write_text(style, "utf8")
        for path in paths:
            path.write_text(link(path.read_text("utf8"), name, parts), "utf8")


def parts_of(page: str) -> tuple[str, ...]:
    """Name the style sheets of a page, below ``_static``, in their order."""
    if bundled := PARTS.search(page):
        return tuple(bundled[1].split())
    return tuple(match[2] for tag in LINK.findall(page) if (match := HREF.search(tag)))


def scripts_last(page: str) -> str:
    """Move the scripts of the head behind the text, all but the first: it chooses colours."""
    head, mark, body = page.partition("</head>")
    others = SCRIPT.findall(head)[1:]
    for script in others:
        head = head.replace(script, "", 1)
    # Those of the theme that are there already run when all has been read, and so after these.
    text, end, rest = body.rpartition("</body>")
    return head + mark + text + "".join(others) + end + rest


def link(page: str, name: str, parts: tuple[str, ...]) -> str:
    """Name one style sheet in a page in place of all others."""
    tags = LINK.findall(page)
    found = HREF.search(tags[0])
    assert found
    one = f'<link rel="stylesheet" href="{found[1]}{name}" data-parts="{" ".join(parts)}">\n'
    page = page.replace(tags[0], one, 1)
    for tag in tags[1:]:
        page = page.replace(tag, "", 1)
    return page


def join(static: Path, parts: tuple[str, ...]) -> str:
    """Put style sheets behind one another, as one that lies in ``_static`` itself."""
    return "\n".join(read(static, PurePosixPath(part)) for part in parts)


def read(static: Path, part: PurePosixPath) -> str:
    """Read a style sheet, with what it imports, and all addresses as seen from ``_static``."""

    def seen(address: str) -> str:
        return normpath(part.parent / address)

    style = NOISE.sub("", (static / part).read_text("utf8"))
    style = URL.sub(lambda found: f'url("{seen(found[1])}")', style)
    return IMPORT.sub(lambda found: read(static, PurePosixPath(seen(found[1]))), style)


def purge(outdir: Path, styles: list[str]) -> list[str]:
    """Take out of style sheets the rules for what neither a page nor a script names.

    Raises
    ------
    RuntimeError
        If PurgeCSS fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        names = [f"{number}.css" for number in range(len(styles))]
        for name, style in zip(names, styles, strict=True):
            Path(scratch, name).write_text(style, "utf8")
        content = [f"{outdir}/**/*.html", f"{outdir}/_static/**/*.js"]
        command = [
            str(NODE),
            str(PURGE),
            "--css",
            *names,
            "--content",
            *content,
            "--output",
            "purged",
        ]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"PurgeCSS could not reduce the style sheets: {done.stderr}")
        return [Path(scratch, "purged", name).read_text("utf8") for name in names]


def setup(app: Sphinx) -> None:
    # Late: the theme writes the colours of code only when the build is finished.
    app.connect("build-finished", bundle, priority=800)
