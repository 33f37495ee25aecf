"""Pages at a third of their weight: without what no page of this book uses.

The theme loads 540 kB of script (gzipped) that draws icons, and beside it the same icons as fonts.
Here the fonts alone draw them, reduced to the icons in use, as KaTeX's are to the signs in use; the
style sheet loses its rules for all other icons, and only the page of the search loads its index.
The theme also asks each block of code whether it scrolls, and lays a page out anew for every one;
scroll.js does that for the tables as well, and at once.
"""

from __future__ import annotations

import html
import re
from io import BytesIO
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

from coursebook.assets import KATEX

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
STYLE = Path("styles", "pydata-sphinx-theme.css")
ICONS = Path("vendor", "fontawesome", "webfonts")
#: Scripts that the theme puts on every page.
DRAWS_ICONS = re.compile(r"\s*<script\b[^>]*/fontawesome\.js[^>]*></script>")
SEARCHES = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^>]*></script>'
)
SCRIPT = Path("scripts", "pydata-sphinx-theme.js")
#: The function of the theme that asks each block.
TAB_STOPS = re.compile(
    r'(function \w+\(\)\{)const \w+=\(\)=>\{document\.querySelectorAll\(\["pre",'
    r".*?\.tabIndex=.*?MutationObserver.*?,\w+\(\)(\})"
)
#: A rule that gives icons their sign, as in ``.fa-bars:before,.fa-navicon:before{content:"X"}``.
RULE = re.compile(r'((?:\.fa-[\w-]+:+before,?)+)\{content:"([^"]+)"\}')
CLASS = re.compile(r"\bfa-[\w-]+")


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Take out of the built book what its pages do not use."""
    if exception or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    classes: set[str] = set()
    signs: set[int] = set()
    for path in outdir.glob("**/*.html"):
        page = DRAWS_ICONS.sub("", path.read_text("utf8"))
        if path.name != "search.html":
            page = SEARCHES.sub("", page)
        path.write_text(page, "utf8")
        classes |= set(CLASS.findall(page))
        signs |= set(map(ord, html.unescape(page)))
    script = outdir / "_static" / SCRIPT
    script.write_text(TAB_STOPS.sub(r"\1\2", script.read_text("utf8"), count=1), "utf8")
    reduce_icons(outdir / "_static", classes)
    for font in (KATEX / "fonts").glob("*.woff2"):
        target = outdir / "_static" / "katex" / "fonts" / font.name
        target.write_bytes(reduce(font.read_bytes(), signs))


def reduce_icons(static: Path, classes: set[str]) -> None:
    """Leave the icons of some classes, and those that scripts and style sheets show."""
    for script in static.glob("**/*.js"):
        if script.name.startswith("fontawesome"):
            script.unlink()
        else:
            classes = classes | set(CLASS.findall(script.read_text("utf8")))
    # From the theme's own files, since those of an earlier build are reduced already.
    style = prune((THEME / STYLE).read_text("utf8"), classes)
    style = re.sub(r',url\([^)]*\.ttf\) format\("truetype"\)', "", style)
    (static / STYLE).write_text(style, "utf8")
    shown = set().union(*(icons_of(path.read_text("utf8")) for path in static.glob("**/*.css")))
    for font in (THEME / ICONS).glob("*.woff2"):
        (static / ICONS / font.name).write_bytes(reduce(font.read_bytes(), shown))
    for font in (static / ICONS).glob("*.ttf"):
        font.unlink()


def prune(style: str, classes: set[str]) -> str:
    """Leave out of a style sheet the signs of icons that have none of some classes."""

    def keep(rule: re.Match[str]) -> str:
        return rule[0] if classes & set(CLASS.findall(rule[1])) else ""

    return RULE.sub(keep, style)


def icons_of(style: str) -> set[int]:
    r"""Return the icons that a style sheet shows, written plainly or as ``\f0c9``.

    They stand in Unicode's private use area.
    """
    shown = {int(code, 16) for code in re.findall(r"\\([0-9a-f]{4})\b", style)}
    return {*shown, *map(ord, style)} & set(range(0xE000, 0xF900))


def reduce(font: bytes, codes: set[int]) -> bytes:
    """Return a font, as woff2, with the glyphs of some code points only."""
    reduced = TTFont(BytesIO(font))
    subsetter = subset.Subsetter(subset.Options(layout_features=[], hinting=False))
    subsetter.populate(unicodes=codes)
    subsetter.subset(reduced)
    reduced.flavor = "woff2"
    written = BytesIO()
    reduced.save(written)
    return written.getvalue()


def setup(app: Sphinx) -> None:
    app.connect("build-finished", lighten)
