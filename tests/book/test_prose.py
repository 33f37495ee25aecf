"""What the pages say is held by what they run, and every link inside the book arrives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
SOURCES = sorted([*ROOT.glob("chapters/*.md"), *ROOT.glob("back/*.md")])
CODE = re.compile(r"```\{code-cell\}[^\n]*\n(.*?)```", re.DOTALL)
#: What is not prose: front matter, cells and directives, formulas, code, addresses, roles.
NOT_PROSE = re.compile(
    r"\A---\n.*?\n---\n|```.*?```|\$\$.*?\$\$|\$[^$\n]*\$|`[^`]*`|\]\([^)]*\)|\{[^}\n]*\}",
    re.DOTALL,
)
NUMBER = re.compile(r"(?<![\w.])(\d+\.\d+)(?!\w)|(\d+) ?%")
#: Numbers that no cell could print: a version in which PyTorch changed, and results that others
#: have published, each with its source beside it.
TOLD = {"1.11", "94.9", "98.9"}


def numbers(source: str) -> Iterator[str]:
    """Yield the decimal numbers and percentages that a page's text types."""
    for decimal, percent in NUMBER.findall(NOT_PROSE.sub(" ", source)):
        yield decimal or percent


def printed(page: Path) -> str:
    """Return all that the cells of a built page print, and draw as text."""
    soup = BeautifulSoup(page.read_text("utf8"), "html.parser")
    return " ".join(output.get_text(" ") for output in soup.select(".cell_output"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_number_in_prose_comes_from_a_cell(path: Path) -> None:
    """A number that is typed stands in a cell as well, which asserts it, or in its output."""
    source = path.read_text("utf8")
    page = HTML / path.relative_to(ROOT).with_suffix(".html")
    held = " ".join(CODE.findall(source)) + printed(page)
    loose = [
        number
        for number in numbers(source)
        if number not in TOLD and not re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", held)
    ]
    assert loose == []


def test_numbers_are_found_where_they_stand_in_prose_only() -> None:
    source = "---\na: 1.5\n---\nAbout 0.25, or 30 %, of `2.5`, $3.5$.\n```{code-cell}\n4.5\n```\n"
    assert list(numbers(source)) == ["0.25", "30"]


def test_every_link_inside_the_book_arrives() -> None:
    pages = {
        path: BeautifulSoup(path.read_text("utf8"), "html.parser")
        for path in HTML.glob("**/*.html")
        if "_static" not in path.parts and path.name != "404.html"
    }
    marks = {
        path: {tag.get("id") for tag in soup.find_all(id=True)}
        | {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
        for path, soup in pages.items()
    }
    lost = []
    for path, soup in pages.items():
        for link in soup.find_all("a", href=True):
            url, mark = urldefrag(str(link["href"]))
            if re.match(r"[a-z]+:", url):
                continue
            target = (path.parent / unquote(url)).resolve() if url else path
            if not target.is_file():
                lost.append(f"{path.name}: {link['href']}")
            elif mark and target in marks and unquote(mark) not in marks[target] | {"top"}:
                lost.append(f"{path.name}: {link['href']} has no such mark")
    assert lost == []
