"""The explorers in a page: what myst-nb lets through, and how they answer mouse and keyboard."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from playwright.sync_api import Browser, Page, Route, expect
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils
from torch import nn

from coursebook.assets import WEB
from rnnlib import explore

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "coursebook" / "static"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
SITE = "http://explorer.test/"

# ----------------------------------------------------------------------- what reaches the page

CHAPTER = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---
# A chapter

```{code-cell} ipython3
from rnnlib import explore
explore.shapes()
```
"""


def test_page_gets_the_view_without_a_kernel_and_no_widgets(tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))["sphinx"]["config"]
    settings: dict[str, Any] = {name: config[name] for name in config if name.startswith("nb_")}
    settings |= {
        "extensions": "myst_nb,coursebook.explorer",
        "nb_execution_mode": "force",
        # Named here, or Sphinx would write it into its defaults, for every later build.
        "source_suffix": {".md": "myst-nb"},
    }
    (tmp_path / "conf.py").touch()
    (tmp_path / "index.md").write_text(CHAPTER, "utf8")
    warnings = io.StringIO()
    out = tmp_path / "html"
    with patch_docutils(), docutils_namespace():
        app = Sphinx(tmp_path, tmp_path, out, out, "html", settings, status=None, warning=warnings)
        app.build()
    assert warnings.getvalue() == ""
    html = (out / "index.html").read_text("utf8")
    assert explore.shapes().html() in html
    assert "widget" not in html
    assert not re.search(r'src="https?:', html)


# ------------------------------------------------------------------------------ in the browser

pytestmark = [pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def cell() -> nn.RNNCell:
    torch.manual_seed(0)
    return nn.RNNCell(2, 3)


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(5, 2)


@pytest.fixture(scope="module")
def files(cell: nn.RNNCell, x: torch.Tensor) -> dict[str, tuple[str, str]]:
    """A site of one page with two explorers, and what makes them respond."""
    body = explore.cell(cell, x).html() + explore.shapes().html()
    page = (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Explorers</title>'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="explorer.css">'
        '<script defer src="explorer.js"></script></head>'
        f"<body><main><h1>Explorers</h1>{body}</main></body></html>"
    )
    return {
        SITE: ("text/html", page),
        f"{SITE}explorer.css": ("text/css", (STATIC / "explorer.css").read_text("utf8")),
        f"{SITE}explorer.js": ("text/javascript", (STATIC / "explorer.js").read_text("utf8")),
    }


@pytest.fixture
def opened(
    chromium: Browser, files: dict[str, tuple[str, str]], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The page under a policy that forbids inline scripts and styles; it may ask for no more."""
    context = chromium.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    faults: list[str] = []

    def serve(route: Route) -> None:
        url = route.request.url
        if url not in files:
            faults.append(f"asks for {url}")
            return route.abort()
        kind, body = files[url]
        policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:"
        headers = {"content-type": f"{kind}; charset=utf-8", "content-security-policy": policy}
        return route.fulfill(body=body, headers=headers)

    page.route("**/*", serve)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.goto(SITE)
    yield page
    context.close()
    assert faults == []


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"[+-]?\d+\.\d\d", text.replace("−", "-"))]


def states(cell: nn.RNNCell, x: torch.Tensor) -> list[torch.Tensor]:
    h = [torch.zeros(3)]
    with torch.no_grad():
        for x_t in x:
            h.append(cell(x_t, h[-1]))
    return h


@pytest.mark.browser
def test_steps_by_button_and_by_keyboard(opened: Page, cell: nn.RNNCell, x: torch.Tensor) -> None:
    explorer = opened.locator(".explorer").first
    slider = explorer.get_by_role("slider")
    words = explorer.locator("[aria-live=polite]")
    onward = explorer.get_by_role("button", name="Next step")
    h = states(cell, x)

    def shows(t: int) -> None:
        expect(slider).to_have_value(str(t))
        sentence = words.locator("p:visible")
        expect(sentence).to_have_count(1)
        expect(sentence).to_contain_text(f"Step {t}:")
        expect(explorer.locator("label")).to_contain_text(f"Step {t} of 5")
        new_state = torch.tensor(numbers(sentence.inner_text())[-3:])
        torch.testing.assert_close(new_state, h[t], rtol=0, atol=0.00501)
        # The last drawing shows the pre-activation, then the same state.
        drawn = numbers(explorer.locator("svg").last.evaluate(VISIBLE_TEXT))
        torch.testing.assert_close(torch.tensor(drawn[3:]), h[t], rtol=0, atol=0.00501)

    shows(1)
    onward.click()
    shows(2)
    slider.focus()
    opened.keyboard.press("ArrowRight")
    shows(3)
    opened.keyboard.press("End")
    shows(5)
    expect(onward).to_have_attribute("aria-disabled", "true")
    onward.focus()  # at the end the button stays in reach, and does nothing
    opened.keyboard.press("Enter")
    shows(5)
    explorer.get_by_role("button", name="Previous step").focus()
    opened.keyboard.press("Enter")
    shows(4)
    expect(onward).to_have_attribute("aria-disabled", "false")


#: The texts of a drawing that can be seen, one a line.
VISIBLE_TEXT = """svg => [...svg.querySelectorAll("text")]
    .filter(text => !text.closest("[display=none]")).map(text => text.textContent).join("\\n")"""


@pytest.mark.browser
def test_shapes_follow_the_controls(opened: Page) -> None:
    explorer = opened.locator(".explorer").last
    for name, size in {
        "T time steps": 7,
        "B sequences": 4,
        "input_size": 9,
        "hidden_size": 11,
    }.items():
        explorer.get_by_role("spinbutton", name=name).fill(str(size))
    explorer.get_by_role("spinbutton", name="num_layers").fill("3")
    explorer.get_by_role("checkbox", name="bidirectional").check()
    explorer.get_by_role("checkbox", name="batch_first").check()

    rnn = nn.RNN(9, 11, 3, batch_first=True, bidirectional=True)
    output, h_n = rnn(torch.zeros(4, 7, 9))
    words = explorer.locator("[aria-live=polite]")
    expect(words).to_contain_text(f"output is {tuple(output.shape)} and h_n is {tuple(h_n.shape)}.")
    count = sum(parameter.numel() for parameter in rnn.parameters())
    expect(words).to_contain_text(f"{count} parameters")
    drawing = explorer.locator("svg").nth(2).evaluate(VISIBLE_TEXT)
    assert drawing.startswith(f"output  {tuple(output.shape)}")

    explorer.get_by_role("checkbox", name="a batch of sequences").uncheck()
    expect(words).to_contain_text("output is (7, 22) and h_n is (6, 11).")
    expect(explorer.get_by_role("spinbutton", name="B sequences")).to_be_hidden()
    # The other explorer of the page has not moved.
    expect(opened.get_by_role("slider")).to_have_value("1")


@pytest.mark.browser
@pytest.mark.parametrize("typed", ["", "0", "-3", "2.5"])
def test_a_size_that_cannot_be_changes_nothing(opened: Page, typed: str) -> None:
    explorer = opened.locator(".explorer").last
    size = explorer.get_by_role("spinbutton", name="hidden_size")
    before = explorer.locator("pre").inner_text()
    size.fill(typed)
    assert explorer.locator("pre").inner_text() == before
    assert size.evaluate("input => input.matches(':invalid')")
    size.fill("8")
    expect(explorer.locator("pre")).to_contain_text("hidden_size=8")


@pytest.mark.browser
def test_keys_stay_in_the_controls(opened: Page) -> None:
    """The book turns pages with the arrow keys, a notebook moves between cells with them."""
    opened.evaluate(
        "document.addEventListener('keydown', () => { document.title = 'key left the explorer' })"
    )
    opened.get_by_role("slider").focus()
    opened.keyboard.press("ArrowRight")
    assert opened.title() == "Explorers"


@pytest.mark.browser
@pytest.mark.parametrize("opened", [{"java_script_enabled": False}], indirect=True)
def test_first_state_and_tables_need_no_script(opened: Page) -> None:
    explorer = opened.locator(".explorer").first
    expect(explorer.locator(".explorer-controls")).to_be_hidden()
    expect(explorer.locator(".explorer-words p:visible")).to_have_count(1)
    expect(explorer.locator("svg")).to_have_count(4)
    explorer.get_by_text("All steps as a table").click()
    expect(explorer.get_by_role("row")).to_have_count(1 + 1 + 5)  # header, state before, steps


@pytest.mark.browser
@pytest.mark.parametrize("opened", [{"viewport": {"width": 360, "height": 740}}], indirect=True)
def test_fits_a_phone(opened: Page) -> None:
    opened.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    widths = opened.locator("svg").evaluate_all(
        "all => all.map(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)"
    )
    assert min(widths) > 0.9  # text of 12 units is then read at 11 pixels or more


@pytest.mark.browser
@pytest.mark.parametrize(
    "opened",
    [{"viewport": {"width": width, "height": 740}} for width in (360, 1200)],
    indirect=True,
)
def test_axe_finds_nothing(opened: Page) -> None:
    opened.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    opened.evaluate(AXE.read_text("utf8"))
    result = opened.evaluate("axe.run('.explorer')")
    assert [(rule["id"], rule["nodes"]) for rule in result["violations"]] == []
