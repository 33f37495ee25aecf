"""Figures: they show the right numbers, say what they show, and can be read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib_inline.backend_inline import _fetch_figure_metadata

from rnnlib import packing, plots
from rnnlib.training import History

mpl.use("agg")

LENGTHS = [5, 2, 7, 3]
HISTORY = History(
    {"loss": [3.0, 2.0, 1.0], "validation loss": [3.0, 1.5, 2.0], "accuracy": [0.2, 0.5, 0.9]},
    [0.1, 0.1, 0.1],
)
DRAW: dict[str, Callable[..., Axes]] = {
    "history": lambda **more: plots.history(HISTORY, **more),
    "accuracy": lambda **more: plots.history(HISTORY, "accuracy", **more),
    "one gradient": lambda **more: plots.gradient_norms(0.5 ** torch.arange(9.0), **more),
    "gradients": lambda **more: plots.gradient_norms(
        {name: torch.arange(1, n + 20) for n, name in enumerate("abcd")}, **more
    ),
    "lengths": lambda **more: plots.lengths(LENGTHS, **more),
    "padded": lambda **more: plots.packing_grid(LENGTHS, **more),
    "packed": lambda **more: plots.packing_grid(LENGTHS, packed=True, **more),
    "states": lambda **more: plots.states(torch.linspace(-1, 1, 48).unflatten(0, (12, 4)), **more),
    "ladder": lambda **more: plots.ladder({"a": 0.004, "b": 0.001}, reference="a", **more),
}


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def svg(ax: Axes) -> str:
    file = io.StringIO()
    ax.figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_axes_are_given_back_and_labelled(draw: Callable[..., Axes]) -> None:
    ax = draw()
    assert ax.get_xlabel()
    assert ax.get_ylabel() or all(text.get_text() for text in ax.get_yticklabels())
    given = plt.subplots()[1]
    before = len(plt.get_fignums())
    assert draw(ax=given) is given
    assert len(plt.get_fignums()) == before  # no figure beside it


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_text_is_text_on_a_transparent_ground_and_nothing_is_cut_off(
    draw: Callable[..., Axes],
) -> None:
    ax = draw()
    label = ax.get_xlabel()
    markup = svg(ax)
    assert re.search(rf"<text[^>]*>{re.escape(label)}</text>", markup)
    assert markup == svg(draw())  # the same figure gives the same bytes
    ax.figure.canvas.draw()
    image = np.asarray(ax.figure.canvas.buffer_rgba())  # type: ignore[attr-defined]
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert (edge[:, 3] == 0).all()
    # By this a dark JupyterLab knows that the dark text needs a light ground.
    assert _fetch_figure_metadata(ax.figure) == {"needs_background": "light"}


def luminance(color: str) -> float:
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("color", [color for color, _, _ in plots.LINES])
@pytest.mark.parametrize("ground", ["#ffffff", "#f6f8fa"])
def test_lines_stand_out_from_the_page(color: str, ground: str) -> None:
    """WCAG 1.4.11 asks for 3 to 1; the second ground is the one behind figures in dark mode."""
    assert (luminance(ground) + 0.05) / (luminance(color) + 0.05) >= 3


def test_no_two_lines_differ_in_colour_alone() -> None:
    ax = plots.gradient_norms({name: torch.rand(5) for name in "abcd"})
    dashes = {line.get_linestyle() for line in ax.lines}
    marks = {line.get_marker() for line in ax.lines}
    assert len(dashes) == len(marks) == 4


def test_history_draws_what_was_measured() -> None:
    training, validation, best = plots.history(HISTORY).lines
    assert training.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert validation.get_ydata().tolist() == [3.0, 1.5, 2.0]
    assert best.get_xdata() == [2, 2]
    (accuracy,) = plots.history(HISTORY, "accuracy").lines
    assert accuracy.get_ydata().tolist() == [0.2, 0.5, 0.9]
    with pytest.raises(KeyError, match="no 'accurcy'"):
        plots.history(HISTORY, "accurcy")


def test_gradients_are_drawn_against_the_lag() -> None:
    ax = plots.gradient_norms(torch.tensor([0.0, 0.25, 0.5, 1.0]))
    assert ax.get_yscale() == "log"
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [3, 2, 1, 0]
    shown = line.get_ydata().tolist()
    assert shown[1:] == [0.25, 0.5, 1.0]
    assert np.isnan(shown[0])  # a zero has no place on this axis
    assert ax.get_legend() is None


def test_lengths_are_counted() -> None:
    ax = plots.lengths([3, 1, 3, 4])
    assert {
        round(bar.get_x() + bar.get_width() / 2): bar.get_height()
        for bar in ax.patches
        if bar.get_height()
    } == {1: 1, 3: 2, 4: 1}
    assert "31 % is padding" in ax.get_title("left")  # 5 of 16


@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=6))
def test_grid_numbers_the_rows_of_the_packed_data(lengths: list[int]) -> None:
    """Each number is the row at which pack_padded_sequence puts that very step."""
    B, T = len(lengths), max(lengths)
    steps = torch.arange(B * T).unflatten(0, (B, T))  # each step another number
    packed = packing.pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=False)

    ax = plots.packing_grid(lengths, packed=True)
    rows = [int(label.get_text()) for label in ax.get_yticklabels()]
    assert len(ax.texts) == len(packed.data)
    for text in ax.texts:
        t, row = (round(position) for position in text.get_position())
        assert packed.data[int(text.get_text())] == steps[rows[row], t]
    below = [label.get_text().split("\n")[1] for label in ax.get_xticklabels()]
    assert [int(size) for size in below] == packed.batch_sizes.tolist()
    plt.close(ax.figure)

    ax = plots.packing_grid(lengths)
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    hatched = [bool(cell.get_hatch()) for cell in cells]
    mask = packing.length_mask(lengths, batch_first=True)
    assert hatched == (~mask).flatten().tolist()
    assert [int(label.get_text()) for label in ax.get_yticklabels()] == list(range(B))
    plt.close(ax.figure)


def test_states_lie_with_time_to_the_right() -> None:
    values = torch.linspace(-0.8, 0.9, 15).reshape(5, 3)
    (image,) = plots.states(values).images
    assert np.allclose(image.get_array(), values.T)
    assert image.get_clim() == (-1, 1)
    assert image.get_extent() == [-0.5, 4.5, 2.5, -0.5]
    (image,) = plots.states(3 * values, limit=None).images
    assert image.get_clim() == pytest.approx((-2.7, 2.7))
    with pytest.raises(ValueError, match=r"\(2, 5, 3\).*output\[:, 0\]"):
        plots.states(torch.zeros(2, 5, 3))


def test_ladder_says_how_long_and_how_many_times_as_fast() -> None:
    ax = plots.ladder({"slow": 0.010, "fast": 0.004}, reference="slow")
    assert [bar.get_width() for bar in ax.patches] == [10, 4]
    assert [text.get_text() for text in ax.texts] == ["10 ms, 1.00×", "4 ms, 2.50×"]
    assert ax.yaxis_inverted()  # the first on top
    ax = plots.ladder({"a": 5e-6})
    assert [text.get_text() for text in ax.texts] == ["5 µs"]
    assert "µs" in ax.get_xlabel()
    with pytest.raises(ValueError, match="no 'c' among"):
        plots.ladder({"a": 1.0}, reference="c")
