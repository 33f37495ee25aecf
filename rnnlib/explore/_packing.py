"""The explorer of a packed batch: what is padding, and in which order the real steps are packed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import ipywidgets as widgets
import torch
from torch import Tensor

from rnnlib import packing as pack
from rnnlib.explore._base import Explorer
from rnnlib.explore._markup import (
    FILL,
    rectangle,
    row_cells,
    scrolling_table,
    sized,
    small_print,
    stroke,
    svg,
    svg_text,
    svg_title,
    tag,
    variants,
)

WIDTH = 300  # of each drawing, in units of its text: a phone shows them about one to one
LEFT = 20  # where the cells begin, right of the numbers of the sequences
ROW = 19  # height of a cell with its gap
MOST = {"sequences": 8, "steps": 20}  # more could be packed, but not read
SMALL = {"font_size": "8", "text_anchor": "middle"}  # of three digits in the narrowest cell


@dataclass(frozen=True)
class Batch:
    """What packing makes of sequences of some lengths, found by packing them.

    Attributes
    ----------
    lengths : tuple of int
        Steps of each of B sequences, in the order they were given.
    order : tuple of int
        The sequences, the longest first.
    batch_sizes : tuple of int
        How many sequences run at each of T times.
    cells : tuple of pairs (b, t)
        Sequence and time of each of the N rows of the packed data.
    """

    lengths: tuple[int, ...]
    order: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    cells: tuple[tuple[int, int], ...]

    def rows(self, t: int) -> range:
        """The rows of the packed data that time t takes."""
        first = sum(self.batch_sizes[:t])
        return range(first, first + self.batch_sizes[t])

    def ended(self, t: int) -> list[int]:
        """The sequences whose last step came just before time t."""
        return [b for b, length in enumerate(self.lengths) if length == t]


def run(lengths: Sequence[int]) -> Batch:
    """Pack sequences that hold their own place, and read off where each step went."""
    if not 1 <= len(lengths) <= MOST["sequences"]:
        raise ValueError(
            f"explore.packing draws 1 to {MOST['sequences']} sequences, so that they can be read, "
            f"but got {len(lengths)} lengths."
        )
    if not all(1 <= length <= MOST["steps"] for length in lengths):
        raise ValueError(
            f"explore.packing draws sequences of 1 to {MOST['steps']} steps, but got the lengths "
            f"{list(lengths)}."
        )
    sequences = [
        torch.tensor([(b, t) for t in range(length)]) for b, length in enumerate(lengths)
    ]  # each (length, 2)
    packed = pack.pack_sequence(sequences, enforce_sorted=False)
    assert packed.sorted_indices is not None  # it is kept when the packing sorts
    return Batch(
        tuple(lengths),
        tuple(packed.sorted_indices.tolist()),
        tuple(packed.batch_sizes.tolist()),
        tuple((int(b), int(t)) for b, t in packed.data),
    )


class PackingExplorer(Explorer):
    """A padded batch and the same batch packed, walked through in time. Made by `packing`."""

    def __init__(self, lengths: Tensor | Sequence[int]) -> None:
        self.batch = run([int(length) for length in lengths])
        self.label = f"Explorer of packing {len(lengths)} sequences of different lengths"

    def _controls(self) -> str:
        last = len(self.batch.batch_sizes) - 1
        slider = tag("input", type="range", name="t", min=0, max=last, value=0, data_key=True)
        return (
            tag("button", "←", type="button", data_by=-1, aria_label="Previous step")
            + tag("label", "Step ", sized("t", 0), f" of 0 to {last} ", slider)
            + tag("button", "→", type="button", data_by=1, aria_label="Next step")
        )

    def _everything(self) -> str:
        times = {str(t): t for t in range(len(self.batch.batch_sizes))}
        table = tag("details", tag("summary", "All steps as a table"), _table(self.batch))
        return _view(self.batch, times, "0") + table

    @cached_property
    def widget(self) -> Any:
        batch = self.batch
        text = widgets.Text(
            value=", ".join(map(str, batch.lengths)),
            description="lengths",
            continuous_update=False,
        )
        slider = widgets.IntSlider(value=0, max=len(batch.batch_sizes) - 1, description="Step t")
        view = widgets.HTML()

        def draw(*_: object) -> None:
            t = min(slider.value, len(batch.batch_sizes) - 1)
            view.value = _view(batch, {str(t): t}, str(t))

        def change(*_: object) -> None:
            nonlocal batch
            try:
                batch = run(_numbers(text.value))
            except ValueError as error:
                view.value = tag("p", str(error))
                return
            slider.max = len(batch.batch_sizes) - 1
            draw()

        text.observe(change, "value")
        slider.observe(draw, "value")
        draw()
        return widgets.VBox([text, slider, view])


def _numbers(text: str) -> list[int]:
    """Whole numbers, set apart by commas or spaces."""
    try:
        return [int(word) for word in text.replace(",", " ").split()]
    except ValueError:
        raise ValueError(
            f"Give whole numbers such as 12, 7, 20 as lengths, not {text!r}."
        ) from None


def _view(batch: Batch, times: Mapping[str, int], shown: str) -> str:
    """What happens at a step in words, and three drawings: padded, packed, and in memory."""
    words = variants("p", times, shown, lambda t: _words(batch, t))
    return tag("div", words, class_="explorer-words", aria_live="polite") + tag(
        "div",
        _padded(batch, times, shown),
        _packed(batch, times, shown),
        _memory(batch, times, shown),
        class_="explorer-drawings",
    )


def _words(batch: Batch, t: int) -> str:
    rows = batch.rows(t)
    running = _listed(sorted(b for b, _ in (batch.cells[row] for row in rows)))
    place = f"row {rows[0]}" if len(rows) == 1 else f"rows {rows[0]} to {rows[-1]}"
    runs = "runs" if len(rows) == 1 else "run"
    text = f"Step {t} reads {place} of the packed data: sequence{running} still {runs}."
    if ended := batch.ended(t):
        it = "Its state is its" if len(ended) == 1 else "Their states are their"
        text += f" Sequence{_listed(ended)} ended before. {it} last and not touched again."
    return text


def _listed(numbers: Sequence[int]) -> str:
    """`` 3``, or ``s 0, 2 and 3``: what follows the word sequence."""
    *most, last = map(str, numbers)
    return f"s {', '.join(most)} and {last}" if most else f" {last}"


TOP = 26  # where a grid begins, below its title


@dataclass(frozen=True)
class _Grid:
    """Sequences as rows of cells, time to the right."""

    batch: Batch
    order: tuple[int, ...]

    @property
    def pitch(self) -> float:
        return (WIDTH - LEFT - 4) / len(self.batch.batch_sizes)

    @property
    def bottom(self) -> int:
        return TOP + ROW * len(self.order)

    def box(self, row: int, t: int) -> str:
        return rectangle(LEFT + self.pitch * t + 1, TOP + ROW * row, self.pitch - 2, ROW - 3)

    def middle(self, t: int) -> float:
        return LEFT + self.pitch * (t + 0.5)

    def real(self, row: int, t: int) -> bool:
        return t < self.batch.lengths[self.order[row]]

    def still(self) -> str:
        """All cells, pale where they are real and dashed where they are padding."""
        places = list(product(range(len(self.order)), range(len(self.batch.batch_sizes))))
        real = "".join(self.box(*place) for place in places if self.real(*place))
        padding = "".join(self.box(*place) for place in places if not self.real(*place))
        names = (svg_text(0, TOP + ROW * row + 12, str(b)) for row, b in enumerate(self.order))
        return (
            small_print(*names)
            + _fill(real, opacity=0.3)
            + stroke(padding, stroke_opacity=".5", stroke_dasharray="2 2")
        )

    def now(self, t: int) -> str:
        """The cells of one time, in full colour, in a frame."""
        rows = range(len(self.order))
        left, height = LEFT + self.pitch * t - 0.5, self.bottom - TOP + 3
        return _fill("".join(self.box(row, t) for row in rows if self.real(row, t))) + stroke(
            rectangle(left, TOP - 3, self.pitch + 1, height), stroke_width="1.5"
        )


def _fill(path: str, opacity: float = 1.0) -> str:
    return tag("path", d=path, class_="blue", fill=FILL["blue"], fill_opacity=f"{opacity:g}")


def _padded(batch: Batch, times: Mapping[str, int], shown: str) -> str:
    """The tensor as it is padded, in the order the sequences were given."""
    grid = _Grid(batch, tuple(range(len(batch.lengths))))
    size = len(batch.lengths) * len(batch.batch_sizes)
    label = f"Padded: {size} cells, {size - len(batch.cells)} of them padding"
    clock = (svg_text(grid.middle(t), grid.bottom + 12, str(t)) for t in times.values())
    return svg(
        WIDTH,
        grid.bottom + 18,
        f"{label}. A frame marks the present step.",
        svg_title(0, 13, label),
        grid.still(),
        small_print(*clock, text_anchor="middle"),
        variants("g", times, shown, grid.now),
    )


def _packed(batch: Batch, times: Mapping[str, int], shown: str) -> str:
    """The same cells, the longest sequence first, with the row of the data in each."""
    grid = _Grid(batch, batch.order)
    place = {b: row for row, b in enumerate(batch.order)}

    def number(row: int) -> str:
        b, t = batch.cells[row]
        return svg_text(grid.middle(t), TOP + ROW * place[b] + 11.5, str(row))

    def now(t: int) -> str:
        numbers = "".join(number(row) for row in batch.rows(t))
        return grid.now(t) + tag("g", numbers, class_="on", fill="#fff", **SMALL)

    sizes = (
        svg_text(grid.middle(t), grid.bottom + 12, str(size))
        for t, size in enumerate(batch.batch_sizes)
    )
    return svg(
        WIDTH,
        grid.bottom + 32,
        "Sorted, the longest first; each cell has the row of the packed data that it becomes.",
        svg_title(0, 13, f"Packed: {len(batch.cells)} cells, no padding"),
        grid.still(),
        tag("g", *(number(row) for row in range(len(batch.cells))), **SMALL),
        small_print(*sizes, text_anchor="middle"),
        small_print(svg_text(LEFT, grid.bottom + 27, "below each step its batch_sizes[t]")),
        variants("g", times, shown, now),
    )


def _memory(batch: Batch, times: Mapping[str, int], shown: str) -> str:
    """The packed data as it lies in memory: one row after the other, time by time."""
    pitch = WIDTH / len(batch.cells)

    def chunk(t: int) -> str:
        rows = batch.rows(t)
        return rectangle(pitch * rows[0] + 0.5, TOP, pitch * len(rows) - 1, ROW - 3)

    chunks = "".join(map(chunk, range(len(batch.batch_sizes))))
    return svg(
        WIDTH,
        TOP + ROW + 18,
        "The packed data as one strip, cut into one piece for each step.",
        svg_title(0, 13, f"data: {len(batch.cells)} rows, step after step"),
        _fill(chunks, opacity=0.3),
        variants("g", times, shown, lambda t: _fill(chunk(t))),
        small_print(
            svg_text(0, TOP + ROW + 10, "row 0"),
            svg_text(WIDTH, TOP + ROW + 10, f"row {len(batch.cells) - 1}", text_anchor="end"),
        ),
    )


def _table(batch: Batch) -> str:
    rows = ""
    for t, size in enumerate(batch.batch_sizes):
        span = batch.rows(t)
        running = ", ".join(str(batch.cells[row][0]) for row in span)
        place = f"{span[0]}–{span[-1]}" if len(span) > 1 else str(span[0])
        rows += tag("tr", row_cells(str(t), str(size), place, running))
    header = ["t", "batch_sizes[t]", "rows of data", "sequences"]
    return scrolling_table("Every step of the packed batch", header, rows)


def packing(lengths: Tensor | Sequence[int]) -> PackingExplorer:
    """Walk through a batch of sequences of different lengths: padded, packed, and in memory.

    The reader sees what is padding, in which order packing takes the real steps, and how the batch
    shrinks when sequences end. In a notebook the lengths can be changed as well.

    Parameters
    ----------
    lengths : integer Tensor of shape (B,), or sequence of int
        Steps of each sequence: at most 8 sequences of 1 to 20 steps. Every number shown comes from
        packing sequences of these lengths by :func:`rnnlib.packing.pack_sequence`.

    Returns
    -------
    PackingExplorer
        Let it be the last line of a cell to see it.

    Raises
    ------
    ValueError
        If there are no lengths, too many, or one that is not between 1 and 20.
    """
    return PackingExplorer(lengths)
