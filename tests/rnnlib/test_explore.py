"""The explorers: what they print is what torch computes, in the page's view and in the live one."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from typing import Any

import pytest
import torch
from bs4 import BeautifulSoup, Tag
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import rnnlib
from rnnlib import explore
from rnnlib.explore._cell import trace
from rnnlib.explore._layer import TENSORS, Layer, evaluate, run, symbols


class View:
    """What is seen of an explorer's markup in one state: the rule of explorer.js, told again."""

    def __init__(self, markup: str | Tag, state: str = "", **sizes: int) -> None:
        parsed = BeautifulSoup(markup, "html.parser") if isinstance(markup, str) else markup
        self.root, self.state, self.sizes = parsed, state, sizes

    def at(self, state: str, **sizes: int) -> View:
        return View(self.root, state, **sizes)

    def all(self, selector: str) -> list[View]:
        """The elements that match and can be seen."""
        found = self.root.select(selector)
        return [View(tag, self.state, **self.sizes) for tag in found if self._sees(tag)]

    def one(self, selector: str) -> View:
        return self.all(selector)[0]

    def _sees(self, tag: Tag) -> bool:
        """Whether all states match from ``tag`` up to the root of this view."""
        while tag is not self.root:
            if self.state and self.state not in tag.get("data-in", self.state).split():
                return False
            tag = tag.parent
        return True

    def text(self, between: str = "") -> str:
        """The text that can be seen."""
        return between.join(self._texts(self.root))

    def _texts(self, tag: Tag) -> Iterator[str]:
        if self.sizes and "data-size" in tag.attrs:
            yield str(evaluate(tag["data-size"], self.sizes))
            return
        for child in tag.children:
            if not isinstance(child, Tag):
                yield str(child)
            elif not self.state or self.state in child.get("data-in", self.state).split():
                yield from self._texts(child)

    def numbers(self) -> list[float]:
        """The numbers with two decimals that can be seen, in their order."""
        text = self.text(" ").replace("−", "-")
        return [float(number) for number in re.findall(r"[+-]?\d+\.\d\d", text)]


def assert_only_shown(raw: View, state: str) -> None:
    """Without any script, all that does not belong to ``state`` is hidden."""
    for tag in raw.root.select("[data-in]"):
        hidden = tag.has_attr("hidden") or tag.get("display") == "none"
        assert hidden == (state not in tag["data-in"].split())


def same(found: list[float], *expected: Tensor) -> bool:
    """Equal to two decimals."""
    wanted = torch.cat([values.flatten() for values in expected]).double()
    return len(found) == len(wanted) and torch.allclose(
        torch.tensor(found, dtype=torch.double), wanted, rtol=0, atol=0.00501
    )


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@st.composite
def cells(draw: st.DrawFn) -> tuple[nn.RNNCell, Tensor, Tensor]:
    """A cell, a sequence for it, and a state to start from."""
    torch.manual_seed(draw(st.integers(0, 99)))
    features, units = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    cell = nn.RNNCell(
        features,
        units,
        bias=draw(st.booleans()),
        nonlinearity=draw(st.sampled_from(["tanh", "relu"])),
    )
    return cell, torch.randn(draw(st.integers(1, 6)), features), torch.randn(units)


# ------------------------------------------------------------------------------------ one step


@given(cells())
def test_parts_add_up_to_the_state(drawn: tuple[nn.RNNCell, Tensor, Tensor]) -> None:
    cell, x, h_0 = drawn
    seen = trace(cell, x, h_0)
    nonlinearity = getattr(torch, cell.nonlinearity)
    torch.testing.assert_close(nonlinearity(seen.pre_activation), seen.h[1:])
    # The layer that PyTorch builds of such cells is the second witness.
    layer = nn.RNN(*x.shape[1:], len(h_0), nonlinearity=cell.nonlinearity, bias=cell.bias)
    layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    output, _ = layer(x, h_0[None])
    torch.testing.assert_close(seen.h[1:], output.detach())


@given(cells())
@settings(max_examples=20)
def test_every_frame_holds_the_numbers_of_its_step(
    drawn: tuple[nn.RNNCell, Tensor, Tensor],
) -> None:
    cell, x, h_0 = drawn
    page = View(explore.cell(cell, x, h_0).html())
    h = h_0
    for t, x_t in enumerate(x, 1):
        before = h
        with torch.no_grad():
            h = cell(x_t, before)
            from_input, from_state = cell.weight_ih @ x_t, cell.weight_hh @ before
            bias = [cell.bias_ih + cell.bias_hh] if cell.bias else []
        a = sum([from_input, from_state, *bias])
        seen = page.at(str(t), t=t)
        assert same(seen.one(".explorer-words").numbers(), x_t, before, a, h)
        _, states, parts, result = seen.all("svg")
        assert same(parts.numbers(), x_t, from_input, before, from_state, *bias)
        assert same(result.numbers(), a, h)
        row = seen.all("tbody tr")[t]
        assert same(row.numbers(), x_t, from_input, from_state, a, h)
        bands, columns = 1, t + 1  # the state before the first step has a column too
        assert len(states.all("g[data-in]")) == bands + columns


def test_bars_point_where_the_sign_says() -> None:
    cell = nn.RNNCell(1, 2, bias=False)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor([[2.0], [-1.0]]))
    parts = View(explore.cell(cell, torch.ones(1, 1)).html(), "1").all("svg")[2]
    bars = {
        colour: [
            float(length)
            for path in parts.all(f"path.{colour}")
            for length in re.findall(r"h(-?[\d.]+)v13", path.root["d"])
            if float(length)
        ]
        for colour in ("blue", "orange")
    }
    assert bars == {"blue": [30.0, 30.0], "orange": [-15.0]}  # x = 1, then W x = (2, -1)


def test_first_frame_and_table_are_there_without_a_script() -> None:
    raw = View(explore.cell(nn.RNNCell(2, 3), torch.randn(5, 2)).html())
    assert raw.one(".explorer-controls").root.has_attr("hidden")
    assert_only_shown(raw, "1")
    assert len(raw.all("tbody tr")) == 1 + 5  # the state before, and each step


def test_our_cell_is_drawn_like_torchs() -> None:
    theirs, mine = nn.RNNCell(2, 3), rnnlib.RNNCell(2, 3)
    mine.load_state_dict(theirs.state_dict())
    x = torch.randn(4, 2)
    assert explore.cell(mine, x).html() == explore.cell(theirs, x).html()


def test_live_cell_moves_and_computes_what_the_reader_types() -> None:
    cell, x = nn.RNNCell(2, 3), torch.randn(6, 2)
    kept = x.clone()
    live = explore.cell(cell, x, feature_names=["up", "down"]).widget
    (back, slider, onward), (up, _, reset), view = (
        live.children[0].children,
        live.children[1].children,
        live.children[2],
    )

    def shown() -> list[float]:
        return View(view.value).one("p").numbers()

    onward.click()
    onward.click()
    back.click()
    assert slider.value == 2
    seen = trace(cell, x, torch.zeros(3))
    assert same(shown(), x[1], seen.h[1], seen.pre_activation[1], seen.h[2])

    up.value = 1.5
    x[1, 0] = 1.5
    changed = trace(cell, x, torch.zeros(3))
    assert same(shown(), x[1], changed.h[1], changed.pre_activation[1], changed.h[2])
    slider.value = 6  # what was typed reaches all later steps
    assert same(shown(), x[5], changed.h[5], changed.pre_activation[5], changed.h[6])

    reset.click()
    x.copy_(kept)
    assert same(shown(), x[5], seen.h[5], seen.pre_activation[5], seen.h[6])
    slider.value = 1
    back.click()
    assert slider.value == 1


def test_looking_at_the_steps_changes_no_input() -> None:
    cell = nn.RNNCell(1, 2, nonlinearity="relu")
    with torch.no_grad():
        cell.weight_ih.mul_(1000)  # the fields round x: this would make that visible
    live = explore.cell(cell, torch.randn(3, 1)).widget
    slider, view = live.children[0].children[1], live.children[2]
    first = view.value
    for t in (2, 3, 1):
        slider.value = t
    assert view.value == first


def test_live_cell_leaves_the_readers_tensor_alone() -> None:
    x = torch.randn(3, 1)
    kept = x.clone()
    live = explore.cell(nn.RNNCell(1, 2), x).widget
    live.children[1].children[0].value = 9.0
    assert torch.equal(x, kept)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((nn.LSTMCell(2, 3), torch.ones(4, 2)), TypeError, "LSTMCell has no nonlinearity"),
        ((nn.RNNCell(2, 3), torch.ones(4, 1)), ValueError, r"has to be \(T, 2\).*\(4, 1\)"),
        ((nn.RNNCell(2, 3), torch.ones(4, 5, 2)), ValueError, r"one sequence.*\(4, 5, 2\)"),
        ((nn.RNNCell(2, 3), torch.ones(0, 2)), ValueError, r"\(0, 2\)"),
        ((nn.RNNCell(2, 3), torch.ones(4, 2), torch.ones(1, 3)), ValueError, r"h_0.*\(3,\)"),
        ((nn.RNNCell(2, 3), torch.ones(4, 2), None, ["a"]), ValueError, "2 features.*1 name"),
        ((nn.RNNCell(2, 9), torch.ones(4, 2)), ValueError, "at most 8 units.*got 9"),
        ((nn.RNNCell(2, 3), torch.full((4, 2), torch.inf)), ValueError, "not finite"),
    ],
)
def test_cell_says_what_is_wrong(
    arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        explore.cell(*arguments)


def test_names_of_features_are_text() -> None:
    html = explore.cell(nn.RNNCell(1, 1), torch.ones(2, 1), feature_names=["<b>&"]).html()
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html


def test_cell_weighs_little() -> None:
    html = explore.cell(nn.RNNCell(3, 5), torch.randn(12, 3)).html()
    assert len(gzip.compress(html.encode())) < 15_000


# -------------------------------------------------------------------------------------- shapes

layers = st.builds(
    Layer,
    input_size=st.integers(1, 7),
    hidden_size=st.integers(1, 7),
    num_layers=st.integers(1, 4),
    bidirectional=st.booleans(),
    batch_first=st.booleans(),
    T=st.integers(1, 7),
    B=st.integers(1, 7),
    batched=st.booleans(),
)


@given(layers)
def test_named_shapes_are_those_of_a_real_run(layer: Layer) -> None:
    named = symbols(layer)
    evaluated = {
        name: tuple(evaluate(names, layer.sizes) for names in shape)
        for name, shape in named.items()
    }
    assert evaluated == run(layer)


def check_view(seen: View, layer: Layer) -> None:
    """Run the code that a view shows; all else that it shows has to agree with that run."""
    scope: dict[str, Any] = {"torch": torch}
    exec(seen.one("pre").text(), scope)
    rnn = scope["rnn"]
    assert (rnn.input_size, rnn.hidden_size) == (layer.input_size, layer.hidden_size)
    assert (rnn.num_layers, rnn.bidirectional) == (layer.num_layers, layer.bidirectional)
    assert rnn.batch_first == layer.batch_first
    shapes = {name: str(tuple(scope[name].shape)) for name in TENSORS}

    total = sum(parameter.numel() for parameter in rnn.parameters())
    words = seen.one(".explorer-words").text()
    assert f"output is {shapes['output']} and h_n is {shapes['h_n']}." in words
    assert f"{total} parameters" in words

    axes, weights, _ = seen.all("table")
    rows = [[cell.text() for cell in row.all("th, td")][:2] for row in axes.all("tbody tr")]
    assert rows == [[name, shapes[name]] for name in TENSORS]
    rows = [[cell.text() for cell in row.all("th, td")] for row in weights.all("tbody tr")]
    assert [(name, shape, size) for name, _, shape, size in rows] == [
        (name, str(tuple(parameter.shape)), str(parameter.numel()))
        for name, parameter in rnn.named_parameters()
    ]

    for drawing, name in zip(seen.all("svg"), TENSORS, strict=True):
        labels = drawing.text()
        assert labels.startswith(f"{name}  {shapes[name]}")
        for index, size in enumerate(scope[name].shape):
            assert re.search(rf"axis {index}(: )?[A-Z·]+ = {size}[a-z ]", labels)


@cache
def shapes_page() -> View:
    """One page for all draws: parsing it takes longer than reading it."""
    return View(explore.shapes().html())


@given(layers)
@settings(max_examples=40)
def test_page_shows_what_its_code_does_in_every_state(layer: Layer) -> None:
    check_view(shapes_page().at(layer.key, **layer.sizes), layer)


@given(layers)
@settings(max_examples=15)
def test_live_view_shows_what_its_code_does(layer: Layer) -> None:
    live = explore.shapes().widget
    sizes, ticks, view = live.children[0].children, live.children[1].children, live.children[2]
    for box, name in zip(sizes, "TBIHL", strict=True):
        box.value = layer.sizes[name]
    for box, name in zip(ticks, ("bidirectional", "batch_first", "batched"), strict=True):
        box.value = getattr(layer, name)
    check_view(View(view.value), layer)


@given(layers)
@settings(max_examples=10)
def test_first_state_is_the_one_asked_for(layer: Layer) -> None:
    raw = View(explore.shapes(**asdict(layer)).html())
    assert_only_shown(raw, layer.key)
    check_view(raw.at(layer.key), layer)


@given(layers)
@settings(max_examples=20)
def test_captions_tell_the_truth(layer: Layer) -> None:
    """What the drawing of ``output`` marks is in ``h_n``."""
    seen = shapes_page().at(layer.key, **layer.sizes)
    scope: dict[str, Any] = {"torch": torch}
    exec(seen.one("pre").text().replace("torch.zeros", "torch.randn"), scope)
    output, h_n, H = scope["output"], scope["h_n"], layer.hidden_size
    if layer.batched and layer.batch_first:
        output = output.transpose(0, 1)
    caption = seen.all("svg")[2].text()
    if layer.bidirectional:
        assert "the last step forward, h_n[-2]" in caption
        torch.testing.assert_close(output[-1, ..., :H], h_n[-2])
        assert "the first step backward, h_n[-1]" in caption
        torch.testing.assert_close(output[0, ..., H:], h_n[-1])
    else:
        assert "the last step, which is h_n[-1]" in caption
        torch.testing.assert_close(output[-1], h_n[-1])


def test_shapes_leave_the_readers_random_numbers_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    explorer = explore.shapes(num_layers=3)
    explorer.html()
    explorer.widget.children[0].children[0].value = 9
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"T": 0}, "T has to be at least 1"), ({"num_layers": 13}, "fewer than 13 layers.*13")],
)
def test_shapes_say_what_is_wrong(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explore.shapes(**options)


def test_shapes_weigh_little() -> None:
    assert len(gzip.compress(explore.shapes().html().encode())) < 8_000


# ---------------------------------------------------------------------------------------- both


@pytest.fixture(params=["cell", "shapes"])
def explorer(request: pytest.FixtureRequest) -> explore.Explorer:
    if request.param == "cell":
        return explore.cell(nn.RNNCell(2, 3), torch.randn(4, 2))
    return explore.shapes()


def test_bundle_has_a_live_view_and_one_that_needs_no_kernel(explorer: explore.Explorer) -> None:
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {
        "text/plain",
        "text/html",
        "application/vnd.jupyter.widget-view+json",
    }
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.widget.model_id
    assert bundle["text/html"] == explorer.html()


def test_page_view_is_the_same_each_time_and_holds_no_behaviour(
    explorer: explore.Explorer,
) -> None:
    html = explorer.html()
    assert html == explorer.html()
    markup = BeautifulSoup(html, "html.parser")
    assert markup.select("script, style, link, [style], [id]") == []
    attributes = {name for element in markup.select("*") for name in element.attrs}
    assert not [name for name in attributes if name.startswith("on")]
    assert "http" not in html
