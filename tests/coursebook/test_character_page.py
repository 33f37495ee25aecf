"""The character model in a page: what Chromium computes is what torch computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect
from torch import nn

import rnnlib
from coursebook.assets import WEB
from rnnlib import explore

STATIC = Path(__file__).parents[2] / "coursebook" / "static"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
#: The sizes of chapter 7 for the first, small ones for the others.
LAYERS: dict[str, Callable[[], nn.Module]] = {
    "lstm": lambda: rnnlib.LSTM(32, 128),
    "gru": lambda: nn.GRU(5, 20),
    "tanh": lambda: nn.RNN(4, 9, bias=False),
    "relu": lambda: rnnlib.RNN(3, 7, nonlinearity="relu"),
}
VOCABULARY = ["�", "\n", " ", *"\"&'()*,-.:<>_`éTadehlnoprstuvwxy"]
SENTENCE = 'The "object" does not <support> x_1 & \n\tso on …'

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def explorer_of(name: str) -> explore.CharacterModelExplorer:
    """A model with weights that are large enough for its probabilities to differ."""
    torch.manual_seed(0)
    layer = LAYERS[name]()
    embedding = nn.Embedding(len(VOCABULARY), layer.input_size)
    head = nn.Linear(layer.hidden_size, len(VOCABULARY), bias=name != "gru")
    with torch.no_grad():
        for parameter in (*layer.parameters(), *head.parameters()):
            parameter.mul_({"lstm": 8, "relu": 2}.get(name, 4))
    return explore.character_model(embedding, layer, head, VOCABULARY, text='so "on', unit=3)


@pytest.fixture(scope="module")
def explorers() -> dict[str, explore.CharacterModelExplorer]:
    return {name: explorer_of(name) for name in LAYERS}


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, explorers: dict[str, explore.CharacterModelExplorer]
) -> Path:
    """A page with a model of each kind."""
    root = tmp_path_factory.mktemp("site")
    for name in ("explorer.css", "character.css", "explorer.js", "character.js"):
        (root / name).write_text((STATIC / name).read_text("utf8"), "utf8")
    body = "".join(
        f'<section id="{name}"><h2>{name}</h2>{explorer.html()}</section>'
        for name, explorer in explorers.items()
    )
    (root / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Models</title>'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="explorer.css">'
        '<link rel="stylesheet" href="character.css"><script defer src="explorer.js"></script>'
        '<script defer src="character.js"></script></head>'
        f"<body><main><h1>Models</h1>{body}</main></body></html>",
        "utf8",
    )
    return root


POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:"


@pytest.fixture
def page(
    chromium: Browser,
    serve: Callable[[Path, str], str],
    folder: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """The page under a policy that forbids inline scripts and styles, and to fetch anything."""
    context = chromium.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda said: faults.append(f"console: {said.text}"))
    page.goto(serve(folder, POLICY))
    yield page
    context.close()
    assert faults == []


def numbers(section: Locator, key: str) -> torch.Tensor:
    """The numbers of one of the tables, of which all have six decimals."""
    cells = section.locator(f"[data-numbers={key}] td").all_text_contents()
    return torch.tensor([float(cell) for cell in cells])


@pytest.mark.parametrize("name", LAYERS)
def test_page_computes_what_torch_computes(
    page: Page, explorers: dict[str, explore.CharacterModelExplorer], name: str
) -> None:
    section, explorer = page.locator(f"#{name}"), explorers[name]
    field = section.get_by_role("textbox", name="Type here")
    field.fill("")
    field.press_sequentially(SENTENCE)
    assert field.input_value() == SENTENCE

    # By torch's own modules, all characters at once, with the weights that the explorer holds.
    codes = torch.tensor([explorer.code_of.get(character, 0) for character in SENTENCE])
    with torch.no_grad():
        output, state = explorer.layer(explorer.embedding(codes)[:, None])
        p = explorer.head(output[-1, 0]).softmax(-1)
    assert p.max() > 2 / len(p), "the test needs a model that prefers some characters"
    torch.testing.assert_close(numbers(section, "p"), p, atol=1e-4, rtol=0)
    torch.testing.assert_close(numbers(section, "h"), output[-1, 0], atol=1e-4, rtol=0)
    if name == "lstm":
        tanh_c = state[1][0, 0].tanh()
        torch.testing.assert_close(numbers(section, "c"), tanh_c, atol=1e-4, rtol=0)

    # The rows and the sentence tell the same, the likeliest first.
    best = p.argsort(descending=True)[:10]
    shown = section.locator(".character-next td:last-child").all_text_contents()
    rounded = torch.tensor([float(text.rstrip("%")) / 100 for text in shown])
    torch.testing.assert_close(rounded, p[best], atol=6e-4, rtol=0)
    status = section.get_by_role("status")
    expect(status).to_contain_text(f"Most likely next: {explorer.names[best[0]]} {shown[0]}")


def drawing(section: BeautifulSoup) -> tuple[list[str], list[float]]:
    """The texts of a view, and the numbers of all its paths."""
    for element in section.select("details, .character-note, .explorer-controls"):
        element.decompose()
    texts = [" ".join(text.get_text().split()) for text in section.select("text, th, td, p")]
    paths = " ".join(str(path["d"]) for path in section.select("path") if path.get("d"))
    for letter in "MhvzHL":
        paths = paths.replace(letter, " ")
    return texts, [float(number) for number in paths.split()]


@pytest.mark.parametrize("name", LAYERS)
def test_script_draws_what_python_draws(
    page: Page, explorers: dict[str, explore.CharacterModelExplorer], name: str
) -> None:
    """More lines than are seen, another unit, another temperature."""
    section, text = page.locator(f"#{name}"), "the sentence " * 12
    section.get_by_role("textbox").fill(text)
    section.get_by_role("spinbutton", name="unit").fill("5")
    section.get_by_role("slider", name="temperature").fill("0.5")
    explorer = explorers[name]
    seen = explorer.read(text, 0.5)
    expect(section.get_by_role("status")).to_have_text(explorer._words(seen))
    expected = drawing(BeautifulSoup(explorer._view(seen, 5), "html.parser"))
    found = drawing(BeautifulSoup(section.inner_html(), "html.parser"))
    assert [text for text in found[0] if "%" not in text] == [
        text for text in expected[0] if "%" not in text
    ]
    torch.testing.assert_close(torch.tensor(found[1]), torch.tensor(expected[1]), atol=0.11, rtol=0)


def test_rows_and_buttons_type(page: Page) -> None:
    section = page.locator("#lstm")
    field = section.get_by_role("textbox")
    first = section.locator(".character-next button").first
    before, code = field.input_value(), first.get_attribute("value")
    first.focus()
    page.keyboard.press("Enter")
    expect(field).to_have_value(before + str(code))
    expect(first).to_be_focused()  # Enter again takes the next one
    section.get_by_role("button", name="Write on").click()
    assert len(field.input_value()) == len(before) + 41
    section.get_by_role("button", name="Clear").click()
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    expect(section.get_by_role("status")).to_have_text("Nothing read yet: type something.")
    expect(section.locator(".character-next tbody tr:visible")).to_have_count(0)
    section.get_by_role("button", name="Write on").click()
    assert len(field.input_value()) == 41  # a new line comes first: it has to have read something
    for _ in range(26):
        section.get_by_role("button", name="Write on").click()
    assert len(field.input_value()) == explore._character.MOST_CHARACTERS


def test_cold_it_writes_the_likeliest(
    page: Page, explorers: dict[str, explore.CharacterModelExplorer]
) -> None:
    section, explorer = page.locator("#gru"), explorers["gru"]
    section.get_by_role("slider").fill("0.1")
    field = section.get_by_role("textbox")
    text = field.input_value()
    section.get_by_role("button", name="Write on").click()
    written = field.input_value()
    chances = [explorer.read(written[:n], 0.1).p for n in range(len(text), len(written))]
    drawn = [p[explorer.code_of[c]] for p, c in zip(chances, written[len(text) :], strict=True)]
    assert min(drawn) > 1e-4  # at a temperature of 1 many would be drawn that have less here
    assert len(drawn) == 40


def test_a_click_on_a_square_chooses_its_unit(page: Page) -> None:
    section = page.locator("#lstm")
    drawn = section.locator("svg:has([data-squares=h])")
    scale = drawn.evaluate("svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width")
    pitch = (300 - 24) / 16
    place = {"x": (24 + 2.5 * pitch) * scale, "y": (22 + 1.5 * pitch) * scale}
    drawn.click(position=place)
    expect(section.get_by_role("spinbutton")).to_have_value("18")
    expect(section.locator("[data-title]")).to_have_text("unit 18: tanh(c) after each character")


@pytest.mark.parametrize("typed", ["", "-1", "128", "2.5"])
def test_a_unit_that_is_not_there_changes_nothing(page: Page, typed: str) -> None:
    section = page.locator("#lstm")
    before = section.locator(".explorer-drawings").inner_html()
    section.get_by_role("spinbutton").fill(typed)
    assert section.locator(".explorer-drawings").inner_html() == before


def test_keys_stay_in_the_controls_and_are_announced_after_a_pause(page: Page) -> None:
    page.evaluate("document.addEventListener('keydown', () => { document.title = 'left' })")
    page.evaluate(
        """() => { window.said = 0; new MutationObserver(() => { said += 1 }).observe(
        document.querySelector('#lstm [role=status]'), {childList: true, subtree: true}) }"""
    )
    page.wait_for_timeout(600)  # what was said of the first text has been said
    before = page.evaluate("said")
    page.locator("#lstm textarea").press_sequentially(" the set")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(700)
    assert page.title() == "Models"
    assert page.evaluate("said") == before + 1


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_a_script_one_text_can_be_read(
    page: Page, explorers: dict[str, explore.CharacterModelExplorer]
) -> None:
    section = page.locator("#lstm")
    expect(section.get_by_role("textbox")).to_be_hidden()
    expect(section).to_contain_text("Computed by torch when this page was made, for the text “so")
    p = explorers["lstm"].read('so "on').p
    expect(section.locator(".character-next td:last-child").first).to_have_text(f"{p.max():.1%}")
    section.get_by_text("All numbers as tables").click()
    torch.testing.assert_close(numbers(section, "p"), p, atol=1e-6, rtol=0)


def test_from_a_file_it_runs_as_well(chromium: Browser, folder: Path) -> None:
    page = chromium.new_page()
    page.goto((folder / "index.html").as_uri())
    section = page.locator("#lstm")
    expect(section.get_by_text("runs in your browser")).to_be_visible()
    section.get_by_role("textbox").fill("then")
    assert abs(numbers(section, "p").sum() - 1) < 1e-4
    page.close()


@pytest.mark.parametrize(
    "page",
    [{"viewport": {"width": 360, "height": 740}}, {"viewport": {"width": 1200, "height": 800}}],
    indirect=True,
    ids=["phone", "desktop"],
)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_fits_and_is_accessible(page: Page, mode: str) -> None:
    page.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.evaluate(AXE.read_text("utf8"))
    result = page.evaluate("axe.run('#lstm .explorer')")
    assert [(rule["id"], rule["nodes"]) for rule in result["violations"]] == []
