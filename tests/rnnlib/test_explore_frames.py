"""The explorer of figures: one state for each value, drawn by the function it was given."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from rnnlib import explore

VALUES = [3, 1, 2]


def draw(value: int) -> tuple[Figure, str]:
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.set_title(f"title <{value}>")
    return figure, f"Drawn for <{value}>."


@pytest.fixture
def explorer(monkeypatch: pytest.MonkeyPatch) -> explore.FramesExplorer:
    monkeypatch.setitem(plt.rcParams, "svg.fonttype", "none")
    return explore.frames(draw, VALUES, label="the value", title="Values & more")


def test_each_value_has_its_figure_and_its_sentence(explorer: explore.FramesExplorer) -> None:
    html = explorer.html()
    pictures = re.findall(
        r'<div data-in="(\d)"( hidden)?><img src="data:image/svg\+xml,(.*?)" alt="(.*?)"', html
    )
    assert [key for key, *_ in pictures] == ["0", "1", "2"]
    assert [bool(hidden) for _, hidden, *_ in pictures] == [False, True, True]
    for (_, _, address, alt), value in zip(pictures, VALUES, strict=True):
        assert alt == f"Drawn for &lt;{value}&gt;."
        picture = ElementTree.fromstring(unquote(unescape(address)))
        assert f"title <{value}>" in "".join(picture.itertext())
    assert plt.get_fignums() == [], "the figures would be shown a second time"


def test_widget_draws_the_chosen_value(explorer: explore.FramesExplorer) -> None:
    slider, view = explorer.widget.children
    assert "Drawn for &lt;3&gt;." in view.value
    slider.value = 2
    assert "Drawn for &lt;2&gt;." in view.value
    assert "Drawn for &lt;3&gt;." not in view.value


def test_no_values_is_refused() -> None:
    with pytest.raises(ValueError, match="got no values"):
        explore.frames(draw, [], label="the value", title="Nothing")
