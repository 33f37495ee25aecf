"""The pages of the reference: every module is on one, and docstrings read well there."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).parents[2]

MODULE = '''
"""A module for tests.

Letters: T steps of (T, B) each."""

from dataclasses import dataclass, field

#: Has a colon: which is no type.
CONSTANT = 3


@dataclass
class Made:
    """Made by :func:`shapes`.

    Attributes
    ----------
    parts : dict
    """

    parts: dict = field(default_factory=dict)

    @property
    def size(self):
        """In words: two."""


def shapes(x, y=3):
    """Say shapes.

    Parameters
    ----------
    x : Tensor of shape (T, B, *), or (L*D, B, H) if long
        Of ``f(T, B)`` calls (see there, too), shape (*).
    y : int
        Example of 1997 (Hochreiter, 1997).

    Returns
    -------
    Tensor of shape (B,)

    Examples
    --------
    >>> g(T, B)
    (T, B)

    Then::

        literal (T, B)

    Again (T_i, 12).
    """
'''


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tag, str]]:
    """The page of a small module, and the warnings of two builds, with an address each."""
    root = tmp_path_factory.mktemp("reference")
    (root / "small_module.py").write_text(MODULE)
    (root / "conf.py").write_text(
        "from coursebook import reference\n"
        "suppress_warnings = ['app.add_css_file', 'theme']\n"
        "def setup(app):\n"
        "    reference.setup(app)\n"
        "    app.config.html_theme = 'basic'\n"
    )
    (root / "index.rst").write_text(
        "Small\n=====\n\n.. automodule:: small_module\n   :members:\n\n"
        ".. autofunction:: rnnlib.rnn_step\n"
    )
    sys.path.insert(0, str(root))
    warnings = io.StringIO()
    for url in ("https://x.org/old", "https://x.org/r"):
        theme = {"html_theme_options": {"repository_url": url, "repository_branch": "main"}}
        with patch_docutils(), docutils_namespace():
            app = Sphinx(root, root, root / "out", root, "html", theme, None, warnings)
            app.build()
    yield (
        BeautifulSoup((root / "out" / "index.html").read_text("utf8"), "html.parser"),
        (warnings.getvalue()),
    )
    sys.path.remove(str(root))


def entry(page: Tag, name: str) -> Tag:
    found = page.find(id=name)
    assert isinstance(found, Tag)
    assert isinstance(found.parent, Tag)
    return found.parent


def codes(entry: Tag) -> list[str]:
    return [code.get_text().replace("\N{NO-BREAK SPACE}", " ") for code in entry.select("code")]


def test_nothing_to_warn_of(page: tuple[Tag, str]) -> None:
    warnings = [line for line in page[1].splitlines() if "theme option" not in line]
    assert warnings == []


def test_shapes_are_code_and_nothing_else_is(page: tuple[Tag, str]) -> None:
    shapes = codes(entry(page[0], "small_module.shapes"))
    assert shapes == ["(T, B, *)", "(L*D, B, H)", "f(T, B)", "(*)", "(B,)", "(T_i, 12)"]
    examples = [block.get_text() for block in page[0].select("pre")]
    assert examples[:2] == [">>> g(T, B)\n(T, B)\n", "literal (T, B)\n"]


def test_a_colon_makes_no_type(page: tuple[Tag, str]) -> None:
    assert "Has a colon: which is no type." in entry(page[0], "small_module.CONSTANT").get_text()
    assert "In words: two." in entry(page[0], "small_module.Made.size").get_text()


def test_factories_are_not_shown(page: tuple[Tag, str]) -> None:
    text = entry(page[0], "small_module.Made").get_text()
    assert "factory" not in text
    assert "Attributes" in text


def test_source_leads_to_the_lines_of_the_repository(page: tuple[Tag, str]) -> None:
    link = entry(page[0], "rnnlib.rnn_step").find("a", class_="external")
    assert isinstance(link, Tag)
    found = re.fullmatch(
        r"https://x\.org/r/blob/main/(rnnlib/cells\.py)#L(\d+)-L(\d+)", str(link["href"])
    )
    assert found
    lines = (ROOT / found[1]).read_text("utf8").splitlines()[int(found[2]) - 1 : int(found[3])]
    assert lines[0] == "def rnn_step("
    assert lines[-1].startswith("    return ")
    # What is not of the repository has no source there.
    assert not entry(page[0], "small_module.shapes").select("dt a.external")


def public_modules() -> list[str]:
    paths = (ROOT / "rnnlib").glob("**/*.py")
    names = [path.relative_to(ROOT).with_suffix("").parts for path in paths]
    names = [name[:-1] if name[-1] == "__init__" else name for name in names]
    return sorted(".".join(name) for name in names if not any(p.startswith("_") for p in name[1:]))


@pytest.mark.parametrize("module", public_modules())
def test_every_module_is_on_a_page(module: str) -> None:
    if module == "rnnlib":
        return  # its names are those of rnnlib.layers, rnnlib.cells and rnnlib.verify
    pages = "".join(path.read_text("utf8") for path in (ROOT / "reference").glob("*.md"))
    assert f".. automodule:: {module}\n" in pages, f"add {module} to a page of reference/"
