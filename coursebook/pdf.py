"""The whole book as one page, and as a PDF with an outline: ``python -m coursebook.pdf``.

Sphinx's ``singlehtml`` builder makes the page, from the cells' cached results; Chromium prints it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGE = ROOT / "_build" / "singlehtml" / "intro.html"
PDF = ROOT / "_build" / "pdf" / "book.pdf"


def build_page() -> None:
    """Build the single page.

    Raises
    ------
    RuntimeError
        If the builder found anything to warn of. Its messages stand on stderr.
    """
    book = Path(sys.executable).with_name("jupyter-book")
    options = ["-W", "--keep-going", "--builder", "singlehtml", "--quiet"]
    done = subprocess.run([book, "build", ROOT, *options])
    if done.returncode:
        raise RuntimeError("The book as one page was not built: see the messages above.")


def find_chromium() -> str:
    """Return the path of Chromium.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        raise RuntimeError("No Chromium found: run `sh coursebook/system.sh chromium`.")
    return path


def print_page(page: Path, target: Path) -> None:
    """Print a page on sheets of A4, with an outline made of its headings."""
    browser = find_chromium()
    target.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = chromium.new_page()
        tab.goto(page.as_uri(), wait_until="networkidle")
        tab.add_style_tag(path=HERE / "print.css")
        tab.evaluate((HERE / "print.js").read_text("utf8"))
        tab.pdf(
            path=target,
            prefer_css_page_size=True,
            print_background=True,
            scale=0.8,  # of a measure made for screens
            outline=True,
            tagged=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=(
                '<p style="font-size: 8pt; width: 100%; text-align: center">'
                '<span class="pageNumber"></span></p>'
            ),
        )
        chromium.close()


def main() -> None:
    build_page()
    print_page(PAGE, PDF)
    print(f"The book is at {PDF} ({PDF.stat().st_size / 1e6:.1f} MB).")


if __name__ == "__main__":
    main()
