"""The buttons at the head of a page, in a built book."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from jupyter_book.sphinx import build_sphinx

from coursebook.notebooks import main as export_notebooks

# Of Jupyter Book's own extensions, and of torch, which one of them looks at.
pytestmark = pytest.mark.filterwarnings(
    "ignore::PendingDeprecationWarning", "ignore::FutureWarning:sphinx_external_toc"
)


def build(root: Path) -> int:
    """Build a book's pages without running its cells, warnings as errors; return the status."""
    return build_sphinx(
        root,
        root / "_build" / "html",
        noconfig=True,
        path_config=root / "_config.yml",
        confoverrides={
            "external_toc_path": "_toc.yml",
            "latex_individualpages": False,
            "nb_execution_mode": "off",
            # The number of a figure that a cell draws is known only to a page whose cells ran.
            "suppress_warnings": ["myst.domains", "ref.numref"],
        },
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )


@pytest.fixture(scope="module")
def site(sample_book: Path) -> Path:
    """The sample book, exported and built."""
    assert export_notebooks([], root=sample_book) == 0
    assert build(sample_book) == 0
    return sample_book / "_build" / "html"


def header(page: Path) -> Tag:
    """The row of buttons of a page."""
    found = BeautifulSoup(page.read_text("utf-8"), "html.parser").find(
        class_="article-header-buttons"
    )
    assert isinstance(found, Tag)
    return found


def links(page: Path) -> dict[str, str]:
    """The links among a page's buttons, by the words that name them."""
    return {a.get_text(strip=True): str(a["href"]) for a in header(page).find_all("a", href=True)}


@pytest.mark.parametrize("name", ["01-first", "02-second"])
def test_chapter_opens_its_notebook(site: Path, name: str) -> None:
    buttons = links(site / "chapters" / f"{name}.html")
    assert buttons["Open in Colab"] == (
        f"https://colab.research.google.com/github/someone/sample/blob/trunk/notebooks/{name}.ipynb"
    )
    assert buttons["Open in Binder"] == (
        f"https://mybinder.org/v2/gh/someone/sample/trunk?urlpath=lab/tree/notebooks/{name}.ipynb"
    )


@pytest.mark.parametrize("name", ["01-first", "02-second"])
def test_chapter_downloads_its_notebook(site: Path, sample_book: Path, name: str) -> None:
    page = site / "chapters" / f"{name}.html"
    (link,) = header(page).find_all("a", download=True)
    assert link["aria-label"] == "Download this page as a notebook"
    notebook = (page.parent / link["href"]).resolve()
    assert notebook.is_relative_to(site)
    assert notebook.read_bytes() == (sample_book / "notebooks" / f"{name}.ipynb").read_bytes()


@pytest.mark.parametrize("name", ["intro", "back"])
def test_page_without_code_offers_no_notebook(site: Path, name: str) -> None:
    buttons = header(site / f"{name}.html")
    assert not buttons.find(class_="dropdown-launch-buttons")
    assert not buttons.find("a", download=True)
    assert not any("/notebooks/" in url for url in links(site / f"{name}.html").values())
    assert buttons.find("a", attrs={"aria-label": "Source repository"})


def test_neither_sources_nor_executed_notebooks_are_published(site: Path) -> None:
    assert not list(site.rglob("_sources"))
    published = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.ipynb"))
    assert published == ["notebooks/01-first.ipynb", "notebooks/02-second.ipynb"]
    for page in site.rglob("*.html"):
        if found := BeautifulSoup(page.read_text("utf-8"), "html.parser").select(
            ".article-header-buttons a"
        ):
            assert not any(".md" in str(a["href"]) for a in found)


def test_each_button_has_a_name(site: Path) -> None:
    for page in [site / "intro.html", *(site / "chapters").glob("*.html")]:
        buttons = header(page).find_all(["a", "button", "label"])
        assert len(buttons) >= 4
        for button in buttons:
            words = button.get_text(strip=True)
            assert words or button.get("aria-label") or button.get("title"), button
            # The name is said once: what stands beside the words says nothing.
            assert not any(image["alt"] for image in button.find_all("img"))
            assert all(icon.get("aria-hidden") for icon in button.find_all("i") if words)


def test_missing_notebook_stops_the_build(
    sample_book: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = shutil.copytree(sample_book, tmp_path / "book")
    shutil.rmtree(root / "notebooks", ignore_errors=True)
    assert build(root) == 1
    message = capfd.readouterr().err
    assert "notebooks/01-first.ipynb does not exist: run 'make notebooks'" in message
