"""Chapter 7's network, trained by the build, runs in the built page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def numbers(model: Locator, key: str) -> list[float]:
    cells = model.locator(f"[data-numbers={key}] td").all_text_contents()
    return [float(cell) for cell in cells]


def test_it_predicts_what_the_reader_types(site: str, chromium: Browser) -> None:
    page = chromium.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{site}/chapters/07-predicting-text.html")
    # The weights are no burden to who does not get there.
    assert page.evaluate("globalThis.characterModels === undefined")
    model = page.locator(".character-model")
    model.scroll_into_view_if_needed()
    field = model.get_by_role("textbox", name="Type here")
    first = numbers(model, "p")  # of the text that the page begins with
    field.fill("")
    for text in ("The value ", "of the"):
        field.press_sequentially(text)
        p, h = numbers(model, "p"), numbers(model, "h")
        assert abs(sum(p) - 1) < 1e-4  # of numbers with six decimals
        assert min(p) >= 0
        assert p != first
        assert max(map(abs, h)) <= 1
    # It has learned something: a word ends, and a blank is by far the likeliest.
    expect(model.get_by_role("status")).to_contain_text("Most likely next: space")
    assert max(p) > 0.5
    page.close()
    assert faults == []


def test_script_and_torch_agree_on_the_text_that_the_page_begins_with(
    site: str, chromium: Browser
) -> None:
    """Without a script the numbers are torch's."""
    seen = {}
    for script in (False, True):
        page = chromium.new_page(java_script_enabled=script)
        page.goto(f"{site}/chapters/07-predicting-text.html")
        model = page.locator(".character-model")
        model.scroll_into_view_if_needed()
        expect(model.get_by_role("textbox")).to_be_visible(visible=script)
        seen[script] = [numbers(model, key) for key in ("p", "h", "c")]
        page.close()
    for by_torch, by_script in zip(seen[False], seen[True], strict=True):
        assert len(by_torch) == len(by_script) > 100
        assert max(abs(a - b) for a, b in zip(by_torch, by_script, strict=True)) < 1e-4
