"""A figure that depends on one value, drawn for each of a few."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cached_property
from html import escape
from typing import Any
from urllib.parse import quote

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from rnnlib.explore._base import Explorer
from rnnlib.explore._markup import row_cells, scrolling_table, tag, variants

Draw = Callable[[Any], tuple[Figure, str]]


def svg_address(figure: Figure) -> str:
    """The figure as SVG in a data address. Percent-encoded, so that gzip sees what frames share."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    plt.close(figure)
    return "data:image/svg+xml," + quote(file.getvalue(), safe=" /:=;,()'<>")


class FramesExplorer(Explorer):
    """A figure and a sentence for each of a few values. Made by `frames`."""

    def __init__(self, draw: Draw, values: Sequence[Any], label: str, title: str) -> None:
        if not values:
            raise ValueError("explore.frames draws one figure for each value, but got no values.")
        self.draw, self.values, self.control = draw, list(values), label
        self.label = f"Explorer: {title}"
        self.title = title

    def _controls(self) -> str:
        last = len(self.values) - 1
        slider = tag("input", type="range", name="frame", min=0, max=last, value=0, data_key=True)
        return (
            tag("button", "←", type="button", data_by=-1, aria_label="Previous value")
            + tag("label", escape(self.control), " ", slider)
            + tag("button", "→", type="button", data_by=1, aria_label="Next value")
        )

    @cached_property
    def _frames(self) -> list[tuple[str, str]]:
        """Address of the figure, and the sentence, for each value."""
        drawn = [self.draw(value) for value in self.values]
        return [(svg_address(figure), words) for figure, words in drawn]

    def _view(self, shown: dict[str, tuple[str, str]], first: str) -> str:
        words = variants("p", shown, first, lambda frame: escape(frame[1]))
        pictures = variants(
            "div",
            shown,
            first,
            lambda frame: tag("img", src=frame[0], alt=frame[1], class_="explorer-figure"),
        )
        words = tag("div", words, class_="explorer-words", aria_live="polite")
        return words + tag("div", pictures, class_="explorer-figures")

    def _everything(self) -> str:
        states = {str(i): frame for i, frame in enumerate(self._frames)}
        rows = "".join(
            tag("tr", row_cells(str(value), escape(words)))
            for value, (_, words) in zip(self.values, self._frames, strict=True)
        )
        table = scrolling_table(escape(self.title), [escape(self.control), "what you see"], rows)
        return self._view(states, "0") + tag(
            "details", tag("summary", "All values as a table"), table
        )

    @cached_property
    def widget(self) -> Any:
        slider = widgets.SelectionSlider(
            options=self.values,
            value=self.values[0],
            description=self.control,
            style={"description_width": "initial"},
            layout={"width": "90%"},
        )
        view = widgets.HTML()

        def show(*_: object) -> None:
            figure, words = self.draw(slider.value)
            view.value = self._view({"0": (svg_address(figure), words)}, "0")

        slider.observe(show, "value")
        show()
        return widgets.VBox([slider, view])


def frames(draw: Draw, values: Sequence[Any], label: str, title: str) -> FramesExplorer:
    """Move through figures that differ in one value.

    Parameters
    ----------
    draw : callable
        Takes one of the values; returns a matplotlib figure and one sentence that says what it
        shows. The sentence is read aloud, and stands in for the figure where that cannot be seen.
    values : sequence
        What the reader may choose from, in order.
    label : str
        Name of the slider.
    title : str
        Heading of the panel.

    Returns
    -------
    FramesExplorer
        Let it be the last line of a cell to see it.

    Raises
    ------
    ValueError
        If there are no values.
    """
    return FramesExplorer(draw, values, label, title)
