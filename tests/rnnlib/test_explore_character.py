"""The explorer of a character model: what it carries, what it reads, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import rnnlib
from rnnlib import explore
from rnnlib.explore._character import spoken

VOCABULARY = ["�", "\n", " ", *"abcdeT_'\"<&>"]
C = len(VOCABULARY)


def model(layer: Any = None, C: int = C) -> tuple[nn.Embedding, Any, nn.Linear]:
    torch.manual_seed(0)
    layer = layer or nn.LSTM(4, 6)
    return nn.Embedding(C, layer.input_size), layer, nn.Linear(layer.hidden_size, C)


@settings(max_examples=30)
@given(rows=st.integers(1, 5), columns=st.integers(1, 6), seed=st.integers(0, 99))
def test_rounding_has_91_levels_a_row_and_is_the_nearest(
    rows: int, columns: int, seed: int
) -> None:
    torch.manual_seed(seed)
    network = nn.Linear(columns, rows)
    with torch.no_grad():
        network.weight.mul_(torch.randint(3, (rows, 1)))  # some rows of zeros
    before = network.weight.clone()
    after = explore.rounded(network)
    assert torch.equal(network.weight, before)
    assert torch.equal(after.bias, network.bias)
    largest = before.abs().amax(1, keepdim=True)
    error = (after.weight - before).abs()
    assert (error <= largest / 90 * (1 + 1e-5)).all()  # half of one level of 45
    for row, most in zip(after.weight, largest, strict=True):
        levels = row / most.clamp(min=1e-30) * 45
        torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
    torch.testing.assert_close(explore.rounded(after).weight, after.weight)  # nothing is left to do


@pytest.mark.parametrize(
    "layer",
    [nn.LSTM(4, 6), rnnlib.GRU(4, 6), nn.RNN(4, 6, bias=False, batch_first=True)],
    ids=["LSTM", "GRU", "RNN"],
)
def test_it_reads_as_the_rounded_model_does(layer: nn.Module) -> None:
    embedding, layer, head = model(layer)
    explorer = explore.character_model(embedding, layer, head, VOCABULARY, "a")
    text = "a bad é_cab"  # the vocabulary has no é
    seen = explorer.read(text, temperature=0.7)
    assert seen.text == "a bad �_cab"
    codes = torch.tensor([VOCABULARY.index(character) for character in seen.text])
    with torch.no_grad():
        output, _ = explore.rounded(layer)(explore.rounded(embedding)(codes))  # unbatched
        p = (explore.rounded(head)(output[-1]) / 0.7).softmax(-1)
    torch.testing.assert_close(seen.p, p)
    torch.testing.assert_close(seen.h, output[-1])
    assert seen.memory.shape == (len(text), 6)
    kept = output[-1] if seen.c is None else seen.c.tanh()
    torch.testing.assert_close(seen.memory[-1], kept)


def test_page_carries_the_weights_to_the_last_bit() -> None:
    explorer = explore.character_model(*model(), VOCABULARY, "a")
    page = BeautifulSoup(explorer.html(), "html.parser").div
    carried = json.loads(str(page["data-model"]))
    assert carried["vocabulary"] == VOCABULARY
    for name, weight in {"head": explorer.head.weight, "W_hh": explorer.layer.weight_hh_l0}.items():
        packed = carried["weights"][name]
        levels = torch.tensor([float(ord(c) - 80) for c in packed["levels"]]).view(weight.shape)
        assert levels.abs().amax(1).tolist() == [45.0] * len(weight)
        torch.testing.assert_close(levels * weight.abs().amax(1, keepdim=True) / 45, weight.data)


def test_live_view_follows_text_temperature_and_unit() -> None:
    explorer = explore.character_model(*model(), VOCABULARY, "a")
    text, controls, view = explorer.widget.children
    temperature, unit, write, clear = controls.children

    def shows(written: str, tau: float, j: int) -> None:
        page = BeautifulSoup(view.value, "html.parser")
        seen = explorer.read(written, tau)
        assert page.p.text == explorer._words(seen)
        assert f"unit {j}:" in page.text
        best = page.select_one(".character-next tbody tr").select("td")[-1].text
        assert best == f"{seen.p.max():.1%}"

    shows("a", 1.0, 0)
    text.value = "bad <cab>"
    shows("bad <cab>", 1.0, 0)
    temperature.value = 0.3
    unit.value = 5
    shows("bad <cab>", 0.3, 5)
    state = torch.random.get_rng_state()
    write.click()
    assert torch.equal(torch.random.get_rng_state(), state)  # the reader's numbers stay
    assert text.value.startswith("bad <cab>")
    assert len(text.value) == 9 + 40
    shows(text.value, 0.3, 5)
    clear.click()
    assert "Nothing read yet" in view.value
    write.click()
    assert len(text.value) == 41


def test_written_characters_are_drawn_with_their_probabilities() -> None:
    explorer = explore.character_model(*model(), VOCABULARY, "a")
    generator = torch.Generator().manual_seed(0)
    counts = torch.zeros(C)
    for _ in range(60):  # bold: each draw is nearly uniform
        for character in explorer.write_on("a", 50.0, generator)[1:]:
            counts[VOCABULARY.index(character)] += 1
    torch.testing.assert_close(counts / counts.sum(), torch.full((C,), 1 / C), atol=0.03, rtol=0)
    cold = explorer.write_on("a", 0.001, generator)
    for n in range(1, len(cold)):
        assert explorer.read(cold[:n]).p.argmax() == VOCABULARY.index(cold[n])


def test_largest_explorer_is_light() -> None:
    vocabulary = [chr(33 + code) for code in range(104)]
    parts = model(nn.LSTM(32, 169), C=104)
    count = sum(p.numel() for part in parts for p in part.parameters())
    assert 155_000 < count < 160_000
    assert len(explore.character_model(*parts, vocabulary, "a").html().encode()) < 250_000


@pytest.mark.parametrize(
    ("character", "name"),
    [("a", "a"), ("T", "capital T"), ("\n", "new line"), ("_", "underscore"), ("(", "left")],
)
def test_characters_have_names_that_can_be_spoken(character: str, name: str) -> None:
    assert spoken(character).startswith(name)


def spoilt(part: Any, value: float) -> Any:
    with torch.no_grad():
        next(part.parameters())[0, 0] = value
    return part


def make(
    layer: Any = None, vocabulary: list[str] = VOCABULARY, text: str = "a", unit: int = 0
) -> None:
    explore.character_model(*model(layer), vocabulary, text, unit)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: explore.character_model(nn.Linear(2, 3), nn.RNN(3, 4), nn.Linear(4, 2), "ab", "a"),
         TypeError, "nn.Embedding, a recurrent layer and an nn.Linear, but got Linear, RNN"),
        (lambda: explore.character_model(
            nn.Embedding(2, 3), nn.RNNCell(3, 4), nn.Linear(4, 2), "ab", "a"),
         TypeError, "got RNNCell"),
        (lambda: make(nn.LSTM(4, 6, num_layers=2)), ValueError, "one layer in one direction"),
        (lambda: make(nn.GRU(4, 6, bidirectional=True)), ValueError, "one layer in one direction"),
        (lambda: make(nn.LSTM(4, 6, proj_size=2)), ValueError, "without projection"),
        (lambda: make(vocabulary=VOCABULARY[:-1]), ValueError, r"need an embedding of shape"),
        (lambda: make(vocabulary=["ab", *VOCABULARY[1:]]), ValueError, "single characters"),
        (lambda: make(vocabulary=["a", *VOCABULARY[1:]]), ValueError, "different"),
        (lambda: make(text=""), ValueError, "got an empty one"),
        (lambda: make(unit=6), ValueError, "unit has to be from 0 to 5, but is 6"),
        (lambda: make(nn.LSTM(4, 300)), ValueError, "at most 160,000 weights"),
        (lambda: make(spoilt(nn.LSTM(4, 6), float("nan"))), ValueError, "NaN"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
