"""The explorer of packing: every step that it shows is a step that torch packs."""

from __future__ import annotations

import re

import pytest
import torch
from bs4 import BeautifulSoup, Tag
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from rnnlib import explore

LENGTHS = st.lists(st.integers(1, 20), min_size=1, max_size=8)


def parse(markup: str) -> Tag:
    return BeautifulSoup(markup, "html.parser")


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


@given(LENGTHS)
@settings(deadline=None, max_examples=25)
def test_page_tells_at_each_step_what_torch_packs(lengths: list[int]) -> None:
    # Each step holds the number of its sequence, so that the data says who ran.
    sequences = [torch.full((length,), b) for b, length in enumerate(lengths)]
    packed = pack_sequence(sequences, enforce_sorted=False)
    sizes = packed.batch_sizes.tolist()
    page = parse(explore.packing(lengths).html())

    rows = page.select("tbody tr")
    assert len(rows) == len(sizes) == max(lengths)
    first = 0
    for t, (row, running) in enumerate(zip(rows, packed.data.split(sizes), strict=True)):
        cells = [cell.get_text() for cell in row.select("th, td")]
        last = first + sizes[t] - 1
        place = [first] if first == last else [first, last]
        assert numbers(" ".join(cells[:3])) == [t, sizes[t], *place]
        assert numbers(cells[3]) == running.tolist()
        words = page.select_one(f'p[data-in="{t}"]').get_text()
        ended = [b for b, length in enumerate(lengths) if length == t]
        assert numbers(words) == [t, *place, *sorted(running.tolist()), *ended]
        first = last + 1


@given(LENGTHS)
@settings(deadline=None, max_examples=15)
def test_each_cell_of_the_packed_drawing_has_its_row(lengths: list[int]) -> None:
    page = parse(explore.packing(lengths).html())
    drawing = page.select("svg")[1]
    written = numbers(" ".join(t.get_text() for t in drawing.select('g[font-size="8"] > text')))
    steps = sum(lengths)
    # Once for all steps, and once more in full colour when it is the step's turn.
    assert sorted(written) == sorted([*range(steps), *range(steps)])


@given(LENGTHS)
@settings(deadline=None, max_examples=15)
def test_padding_is_drawn_and_counted(lengths: list[int]) -> None:
    padded = parse(explore.packing(lengths).html()).select_one("svg")
    cells, padding = numbers(padded.select_one("text").get_text())
    assert cells == len(lengths) * max(lengths)
    assert padding == cells - sum(lengths)
    dashed = padded.select_one("path[stroke-dasharray]")["d"]
    assert dashed.count("M") == padding


def test_only_the_first_step_is_seen_before_the_script_runs() -> None:
    page = parse(explore.packing([3, 1, 2]).html())
    for element in page.select("[data-in]"):
        hidden = element.has_attr("hidden") or element.get("display") == "none"
        assert hidden == ("0" not in element["data-in"].split())


def test_widget_follows_the_step_and_the_lengths() -> None:
    text, slider, view = explore.packing([5, 2, 3]).widget.children
    assert "Step 0 reads rows 0 to 2" in view.value
    slider.value = 2
    assert "Step 2 reads rows 6 to 7" in view.value
    assert "Sequence 1 ended before" in view.value
    text.value = "1 4"
    assert slider.max == 3
    assert "Step 2 reads row 3 of" in view.value


def test_widget_says_what_is_wrong_with_lengths() -> None:
    text, slider, view = explore.packing([5, 2]).widget.children
    text.value = "three"
    assert "whole numbers" in view.value
    text.value = "30"
    assert "1 to 20 steps" in view.value
    text.value = "2, 2"
    assert slider.max == 1
    assert "Step 0 reads rows 0 to 1" in view.value


@pytest.mark.parametrize("lengths", [[], [0], [21], [1] * 9])
def test_what_cannot_be_read_is_refused(lengths: list[int]) -> None:
    with pytest.raises(ValueError, match=r"explore\.packing draws"):
        explore.packing(lengths)
