"""The built book as a published site: light, private, found, and readable without any script."""

from __future__ import annotations

import gzip
import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from coursebook.address import pages_url

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
#: Pages that Sphinx adds to those of the table of contents.
EXTRA = {"404", "genindex", "index", "py-modindex", "search"}
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.glob("**/*.html")
    if "_static" not in path.parts
)
CONTENTS = [page for page in PAGES if page.removesuffix(".html") not in EXTRA]
CHAPTERS = [page for page in PAGES if page.startswith("chapters/")]
MOST = 250_000  # bytes of a first load, compressed, without figures

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def settings() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    return found


def address() -> str:
    """Where the book is published."""
    return pages_url(settings()["repository"]["url"])


def faults_of(page: Page) -> list[str]:
    """Collect what goes wrong in a page from now on."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on(
        "console",
        lambda message: faults.append(message.text) if message.type == "error" else None,
    )
    return faults


# -- private ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_policy_allows_only_what_the_book_brings(path: str) -> None:
    text = (HTML / path).read_text("utf8")
    if path == "index.html":  # leads on, and loads nothing
        return
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline", policy)


def test_foreign_script_does_not_run(site: str, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{site}/intro.html")
    page.evaluate(
        "{ const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        " document.head.append(s) }"
    )
    assert page.evaluate("window.ran") is None
    page.close()


def test_book_keeps_no_cookie(site: str, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    for path in ("intro.html", *CHAPTERS[:2]):
        page.goto(f"{site}/{path}", wait_until="networkidle")
    assert context.cookies() == []
    context.close()


@pytest.mark.parametrize("path", ["intro.html", CHAPTERS[2], "search.html"])
def test_book_opens_from_a_disk(chromium: Browser, path: str) -> None:
    page = chromium.new_page()
    faults = faults_of(page)
    page.goto((HTML / path).as_uri(), wait_until="networkidle")
    assert faults == []
    # The theme's script is there, and so are its style and ours.
    assert page.evaluate("document.documentElement.dataset.mode") == "light"
    style = "getComputedStyle(document.documentElement).getPropertyValue('--pst-color-primary')"
    assert page.evaluate(style) == "#0b4f8a"
    assert page.locator("main").is_visible()
    page.close()


def test_book_works_below_another_address(
    serve: Callable[[Path], str], chromium: Browser, tmp_path: Path
) -> None:
    (tmp_path / "a" / "course").mkdir(parents=True)
    shutil.copytree(HTML, tmp_path / "a" / "course", dirs_exist_ok=True)
    page = chromium.new_page()
    faults = faults_of(page)
    page.goto(f"{serve(tmp_path)}/a/course/", wait_until="networkidle")
    page.wait_for_url("**/a/course/intro.html")
    page.get_by_role("link", name="One step, by hand").first.click()
    page.wait_for_url("**/a/course/chapters/03-one-step-by-hand.html")
    page.close()
    assert faults == []


# -- light -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CHAPTERS)
def test_first_load_is_light(site: str, chromium: Browser, path: str) -> None:
    """Compressed as servers do it, without figures: those are files of their own."""
    page = chromium.new_page(viewport={"width": 412, "height": 823})
    sizes: dict[str, int] = {}

    def finished(response: object) -> None:
        url, body = response.url, response.body()  # type: ignore[attr-defined]
        if "/_images/" not in url and not url.startswith("data:"):
            packed = url.endswith((".woff2", ".png"))
            sizes[url] = len(body) if packed else len(gzip.compress(body))

    page.on("response", finished)
    page.goto(f"{site}/{path}", wait_until="networkidle")
    page.close()
    assert len(sizes) > 10
    assert sum(sizes.values()) <= MOST, sorted(sizes.items(), key=lambda item: -item[1])[:8]


@pytest.mark.parametrize("path", sorted({*PAGES} - {"index.html"}))
def test_text_waits_for_one_style_sheet_and_no_script(path: str) -> None:
    head = (HTML / path).read_text("utf8").partition("</head>")[0]
    assert len(re.findall(r'rel="stylesheet"', head)) == 1
    assert not re.findall(r"<script[^>]*\bsrc=", head)


def test_style_sheets_name_only_files_that_are_there() -> None:
    styles = list((HTML / "_static").glob("book.*.css"))
    assert styles
    for style in styles:
        text = style.read_text("utf8")
        named = set(re.findall(r"url\([\"']?(?!data:|#)([^\"')?#]+)", text))
        assert any(name.endswith(".woff2") for name in named)
        # KaTeX and the theme offer older formats, for browsers that can do without them.
        missing = {name for name in named if not (style.parent / name).is_file()}
        assert {Path(name).suffix for name in missing} <= {".woff", ".ttf"}
        assert "@import" not in text


def test_style_sheets_hold_what_scripts_and_colours_ask_for() -> None:
    """No page names these when it is written: a rule that is dropped too much shows here."""
    text = "".join(path.read_text("utf8") for path in (HTML / "_static").glob("book.*.css"))
    for selector in ("data-theme=dark", ".collapsing", ".toggle-hidden", "prefers-reduced-motion"):
        assert selector in text.replace('"', ""), selector


@pytest.mark.parametrize("path", CHAPTERS)
def test_page_does_not_jump_while_it_loads(site: str, chromium: Browser, path: str) -> None:
    page = chromium.new_page(viewport={"width": 412, "height": 823})
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.shift += entry.value })"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(f"{site}/{path}", wait_until="networkidle")
    page.wait_for_timeout(200)
    shift = page.evaluate("window.shift")
    page.close()
    assert shift < 0.02


@pytest.mark.parametrize("path", CHAPTERS)
def test_drawings_come_late_and_keep_their_place(path: str) -> None:
    """No drawing is read with the text, and each that comes later has its place from the start."""
    article = (HTML / path).read_text("utf8").partition("<article")[2].partition("</article>")[0]
    for image in re.findall(r"<img\b[^>]*>", article):
        source = re.search(r'\bsrc="([^"]*)"', image)
        assert source
        assert (HTML / path).parent.joinpath(source[1]).is_file(), source[1][:80]
        # What is drawn by hand fills the width: it has no size in pixels.
        if (
            source[1].endswith(".svg")
            and not (ROOT / "chapters/images" / Path(source[1]).name).is_file()
        ):
            assert re.search(r' loading="lazy" width="\d+" height="\d+"', image), source[1]


def test_slider_finds_its_picture(site: str, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{site}/chapters/05-a-first-model.html", wait_until="networkidle")
    panel = page.locator(".explorer:has(.explorer-figure)").first
    images = panel.locator("img")
    loaded = "images => images.filter(image => image.complete && image.naturalWidth).length"
    assert images.count() > 2
    assert images.evaluate_all(loaded) == 0
    panel.scroll_into_view_if_needed()
    expect(panel.locator("img:visible")).not_to_have_js_property("naturalWidth", 0)
    assert images.evaluate_all(loaded) == 1
    panel.locator("[type=range]").focus()
    for image in images.all():
        expect(image).not_to_have_js_property("naturalWidth", 0)
    page.close()


def test_theme_leaves_tab_stops_to_the_book() -> None:
    script = (HTML / "_static" / "scripts" / "pydata-sphinx-theme.js").read_text("utf8")
    assert 'querySelectorAll(["pre"' not in script


def test_what_unfolds_or_narrows_can_be_scrolled_by_keyboard(site: str, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"{site}/chapters/01-why-order-needs-memory.html", wait_until="networkidle")
    page.locator("article details").evaluate_all("all => all.forEach(one => { one.open = true })")
    page.wait_for_timeout(200)
    unreachable = """() => [...document.querySelectorAll("article :is(pre, table, div)")].filter(
        part => part.scrollWidth > part.clientWidth + 1 && part.tabIndex < 0
            && ["auto", "scroll"].includes(getComputedStyle(part).overflowX)).length"""
    reachable = "() => document.querySelectorAll('article [data-scrolls]').length"
    assert page.evaluate(unreachable) == 0
    narrow = page.evaluate(reachable)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate(unreachable) == 0
    assert page.evaluate(reachable) < narrow
    page.close()


@pytest.mark.parametrize("path", CHAPTERS)
def test_chapter_is_readable_before_any_script(site: str, chromium: Browser, path: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{path}")
    for selector in (".bd-article p", ".cell_input", ".explorer", ".quiz-question", "p .katex"):
        found = page.locator(selector).all()
        assert not found or any(part.is_visible() for part in found), selector
    assert page.locator(".bd-article h1").inner_text()
    context.close()


@pytest.mark.parametrize("path", ["intro.html", CHAPTERS[0]])
def test_icons_are_drawn(site: str, chromium: Browser, path: str) -> None:
    """Each icon in sight has its sign, and the reduced font holds it."""
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{site}/{path}", wait_until="networkidle")
    icons = page.evaluate(
        """() => [...document.querySelectorAll('i[class*="fa-"]')].map(icon => {
            const style = getComputedStyle(icon, '::before')
            return [icon.className, style.content.slice(1, -1), `${style.fontWeight} 16px `
                + style.fontFamily]
        })"""
    )
    assert len(icons) > 5
    for name, sign, font in icons:
        assert len(sign) == 1, f"{name} shows {sign!r}"
        width = page.evaluate(
            "([sign, font]) => { const c = document.createElement('canvas').getContext('2d');"
            " c.font = font; return c.measureText(sign).width }",
            [sign, font],
        )
        assert width > 4, name
    page.close()


# -- found -----------------------------------------------------------------------------------------


def test_sitemap_names_every_page() -> None:
    tree = ElementTree.parse(HTML / "sitemap.xml")
    listed = {node.text for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert {f"{address()}{page}" for page in CONTENTS} <= listed
    assert not [url for url in listed if url and url.endswith(("search.html", "404.html"))]


@pytest.mark.parametrize("path", CONTENTS)
def test_page_presents_itself(path: str) -> None:
    text = (HTML / path).read_text("utf8")

    def meta(name: str) -> str:
        found = re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)"', text)
        return found[1] if found else ""

    assert f'<link rel="canonical" href="{address()}{path}" />' in text
    assert re.search(r"<title>[^<]{5,}</title>", text)
    assert len(meta("description")) > 20
    assert meta("og:title")
    image = meta("og:image")
    assert image.startswith(address())
    assert (HTML / image.removeprefix(address())).is_file()


def test_wrong_address_leads_back(
    serve: Callable[[Path], str], chromium: Browser, tmp_path: Path
) -> None:
    text = (HTML / "404.html").read_text("utf8")
    prefix = re.sub(r"https://[^/]*", "", address())
    assert f'href="{prefix}intro.html"' in text
    assert re.search(r"<h1>.*not.*found", text, re.I)
    (tmp_path / prefix.strip("/")).symlink_to(HTML)
    page = chromium.new_page()
    faults = faults_of(page)
    page.goto(f"{serve(tmp_path)}{prefix}404.html", wait_until="networkidle")
    assert page.locator("main h1").last.is_visible()
    page.close()
    assert faults == []


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("packing", "06-padding-and-packing"),
        ("vanishing", "10-vanishing-gradients"),
        ("h_n", "04-the-layer-verified"),
    ],
)
def test_search_finds_the_chapter(site: str, chromium: Browser, words: str, page: str) -> None:
    tab = chromium.new_page()
    faults = faults_of(tab)
    tab.goto(f"{site}/search.html?q={words}", wait_until="networkidle")
    tab.wait_for_selector("#search-results li a")
    tab.wait_for_timeout(500)
    links = tab.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
    tab.close()
    assert any(page in link for link in links[:8]), links[:8]
    assert faults == []


@pytest.mark.parametrize("path", CHAPTERS)
def test_reader_can_suggest_an_edit(path: str) -> None:
    text = html.unescape((HTML / path).read_text("utf8"))
    repository = settings()["repository"]["url"]
    source = path.replace(".html", ".md")
    assert f"{repository}/edit/main/{source}" in text
    assert f"{repository}/issues/new?" in text


# -- kept back -------------------------------------------------------------------------------------


def bodies(assignment: str) -> set[str]:
    """The body of each function of the reference, as one line of code without layout."""
    solution = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)
    found = set()
    for cell in solution.cells:
        for part in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.S):
            lines = [line.strip() for line in part.splitlines()]
            code = " ".join(line for line in lines if line and not line.startswith("#"))
            if len(code) > 60:
                found.add(code)
    return found


@pytest.mark.parametrize("assignment", sorted(p.stem for p in ROOT.glob("solutions/*/*.ipynb")))
def test_book_holds_no_solution(assignment: str) -> None:
    """Neither a page of the assignment, nor a notebook, nor what the search reads."""
    wanted = bodies(assignment)
    assert len(wanted) >= 3
    for path in [*HTML.glob(f"exercises/{assignment}/*"), HTML / "searchindex.js"]:
        text = path.read_text("utf8")
        if path.suffix == ".html":
            text = html.unescape(re.sub(r"<[^>]+>", "", text))
        text = " ".join(text.replace("\\n", " ").replace('\\"', '"').split())
        assert not [body for body in wanted if body in text], path
        assert "BEGIN SOLUTION" not in text
        assert "BEGIN HIDDEN TESTS" not in text
