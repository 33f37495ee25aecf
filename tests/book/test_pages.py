"""Every built page, opened in Chromium with the network cut."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from coursebook.assets import WEB

HTML = Path(__file__).parents[2] / "_build" / "html"
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.glob("**/*.html")
    # Neither the theme's templates, nor the page for wrong addresses: test_site.py opens it.
    if "_static" not in path.parts and path.name != "404.html"
)
CHAPTERS = [page for page in PAGES if page.startswith("chapters/")]
WIDE = {"width": 1280, "height": 800}
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"

#: Colours fade into one another: this waits until they have.
FADED = """Promise.allSettled(document.getAnimations()
    .filter(a => a.effect.getComputedTiming().endTime < Infinity).map(a => a.finished))
"""

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_book_is_complete() -> None:
    """Each chapter of the table of contents has a page: the tests below leave none out."""
    toc = (HTML.parents[1] / "_toc.yml").read_text("utf8")
    listed = re.findall(r"^\s*(?:- file|root): (\S+)", toc, re.M)
    assert listed
    assert {f"{name}.html" for name in listed} <= set(PAGES)


def open_quietly(
    browser: Browser, site: str, path: str, **options: object
) -> tuple[Page, list[str]]:
    """Open a page; return it with all that went wrong while it loaded."""
    page = browser.new_page(**options)  # type: ignore[arg-type]
    faults: list[str] = []

    def requested(url: str) -> None:
        if not url.startswith((site, "data:", "blob:")):
            faults.append(f"asks another site: {url}")

    page.on("request", lambda request: requested(request.url))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on(
        "response",
        lambda response: (
            faults.append(f"{response.status}: {response.url}") if response.status >= 400 else None
        ),
    )
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text} ({message.location['url']})")
            if message.type in ("error", "warning")
            else None
        ),
    )
    page.goto(f"{site}/{path}", wait_until="networkidle")
    return page, faults


@pytest.fixture(scope="module", params=PAGES)
def opened(
    site: str, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, list[str]]]:
    """A page, open at 1280 px for all the tests that look at it, and what went wrong in it."""
    page, faults = open_quietly(chromium, site, request.param, viewport=WIDE)
    yield page, faults
    page.close()


def test_page_loads_nothing_from_elsewhere(opened: tuple[Page, list[str]]) -> None:
    page, faults = opened
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")  # wake what loads lazily
    page.wait_for_timeout(100)
    broken = page.evaluate(
        "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    )
    assert faults == []
    assert broken == []


@pytest.mark.parametrize("path", PAGES)
def test_markup_names_no_third_party(path: str) -> None:
    """Links may lead away; what the browser fetches by itself may not."""
    html = (HTML / path).read_text("utf8")
    tags = re.findall(r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*>", html)
    tags += [
        tag
        for tag in re.findall(r"<link\b[^>]*>", html)
        if re.search(r'rel="(?:stylesheet|preload|icon|modulepreload|prefetch|preconnect)', tag)
    ]
    away = [tag for tag in tags if re.search(r'(?:src|href|data)="(?:https?:)?//', tag)]
    assert away == []


@pytest.mark.parametrize("path", CHAPTERS)
def test_chapter_has_its_parts(site: str, chromium: Browser, path: str) -> None:
    page = chromium.new_page()
    page.goto(f"{site}/{path}")
    for part, selector in {
        "goals": ".admonition.goals li",
        "maths or shapes": ".katex, table",
        "an executed cell": ".cell_output",
        "an explorer": ".explorer",
        "a quiz": ".quiz-question",
        "a summary": "section#summary li",
    }.items():
        assert page.locator(selector).count() > 0, f"it lacks {part} ({selector})"
    text = page.locator("article").inner_text()
    assert not re.search(r"\$\$|\\\(|\{code-cell\}|:::", text), "raw markup reached the page"
    assert "Traceback" not in text
    assert page.locator("article img:not([alt]), article img[alt='']").count() == 0
    auto = page.locator(
        "article img[alt*='_images'], article img[alt$='.svg'], article img[alt$='.png']"
    )
    assert auto.count() == 0, "an image is described by its file name"
    page.close()


def test_maths_is_drawn_with_its_own_fonts(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    assert page.locator(".katex-error").count() == 0
    if page.locator(".katex:visible").count():
        families = page.evaluate(
            "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
        )
        assert any("KaTeX" in family for family in families), families


def test_page_fits_its_screen(opened: tuple[Page, list[str]]) -> None:
    """Nothing makes the page as a whole scroll sideways."""
    page, _ = opened
    overflow = {}
    for width in (1280, 768, 360):
        page.set_viewport_size({"width": width, "height": 800})
        overflow[width] = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.set_viewport_size(WIDE)
    assert all(sideways <= 0 for sideways in overflow.values()), overflow


def test_page_is_accessible_in_both_modes(opened: tuple[Page, list[str]]) -> None:
    """axe-core finds nothing: neither a violation of WCAG 2.2 AA, nor of its best practices."""
    page, _ = opened
    found = {}
    for mode in "light", "dark":
        page.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)
        found[mode] = violations(page)
    assert not any(found.values()), json.dumps(found, indent=1)


@pytest.mark.parametrize("path", sorted({*PAGES} - {"index.html"}))  # which leads on at once
def test_page_is_accessible_on_a_phone(site: str, chromium: Browser, path: str) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"{site}/{path}")
    found = violations(page)
    page.close()
    assert not found, json.dumps(found, indent=1)


def violations(page: Page) -> list[str]:
    """What axe-core finds on an open page."""
    page.evaluate(FADED)
    page.evaluate(AXE.read_text("utf8"))  # as a tester's tool may: the page's policy forbids it
    # Drawn formulas are hidden from screen readers, which read the MathML beside them. To look at
    # each of their signs takes long, and so does to describe all that is as it should be.
    result = page.evaluate("axe.run({exclude: ['.katex-html']}, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:200]} {[check['message'] for check in node['any']]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def test_the_address_of_the_book_leads_to_its_first_page(site: str, chromium: Browser) -> None:
    page, faults = open_quietly(chromium, site, "")
    page.wait_for_url(f"{site}/intro.html")
    page.close()
    assert faults == []
