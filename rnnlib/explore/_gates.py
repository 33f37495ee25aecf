"""The explorer of an LSTM's gates while it reads a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets as widgets
import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.explore._base import Explorer
from rnnlib.explore._cell import PANEL, ROW, WIDTH, _Panel, check_sizes
from rnnlib.explore._markup import (
    disc,
    html_math,
    polyline,
    rectangle,
    row_cells,
    scrolling_table,
    signed_number,
    signed_paths,
    small_print,
    stroke,
    svg,
    svg_text,
    svg_title,
    tag,
    variants,
)

#: The parts of a step, in the order in which the words and the table name them.
NAMES = {
    "f": "forget gate",
    "i": "input gate",
    "g": "proposal",
    "c": "cell state",
    "o": "output gate",
    "h": "hidden state",
}


@dataclass(frozen=True)
class GateTrace:
    """What an LSTM cell computes while it reads a sequence, measured by running the cell.

    Attributes
    ----------
    x : Tensor of shape (T, I)
        The input.
    i, f, o : Tensors of shape (T, H)
        The gates, from 0 to 1.
    g : Tensor of shape (T, H)
        What is proposed to be written, from -1 to 1.
    h, c : Tensors of shape (T + 1, H)
        The states; ``c[0]`` is the one before the first step.
    """

    x: Tensor
    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    h: Tensor
    c: Tensor


@torch.no_grad()
def gate_trace(cell: Any, x: Tensor, state: tuple[Tensor, Tensor]) -> GateTrace:
    """Run ``cell`` over ``x`` (T, I) from the state (h, c), each (H,), and keep its gates."""
    states = [state]
    for x_t in x:
        states.append(cell(x_t, states[-1]))
    h, c = (torch.stack(part) for part in zip(*states, strict=True))  # (T + 1, H)
    sums = linear(x, cell.weight_ih, cell.bias_ih) + linear(h[:-1], cell.weight_hh, cell.bias_hh)
    i, f, g, o = sums.chunk(4, dim=1)
    parts = (x, i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid(), h, c)
    return GateTrace(*(part.detach().cpu() for part in parts))


class GatesExplorer(Explorer):
    """The gates of an LSTM cell; the reader moves through time. Made by `gates`."""

    def __init__(
        self,
        cell: Any,
        x: Tensor,
        state: tuple[Tensor, Tensor] | None,
        feature_names: Sequence[str] | None,
        step_names: Sequence[object] | None,
    ) -> None:
        rows, hidden_size = getattr(cell, "weight_hh", torch.empty(0, 1)).shape
        if rows != 4 * hidden_size:
            raise TypeError(
                f"explore.gates draws an LSTM cell such as torch.nn.LSTMCell, "
                f"but got a {type(cell).__name__}"
            )
        input_size = cell.weight_ih.shape[1]
        check_sizes("explore.gates", x, input_size, hidden_size)
        if state is None:
            zeros = cell.weight_hh.new_zeros(hidden_size)
            state = zeros, zeros
        if len(state) != 2 or any(part.shape != (hidden_size,) for part in state):
            raise ValueError(f"state has to be a tuple (h, c), each of shape ({hidden_size},)")
        self.feature_names = list(feature_names or (f"feature {i + 1}" for i in range(input_size)))
        self.step_names = [str(name) for name in step_names or range(1, len(x) + 1)]
        given = {"feature_names": self.feature_names, "step_names": self.step_names}
        for (what, names), size in zip(given.items(), (input_size, len(x)), strict=True):
            if len(names) != size:
                raise ValueError(f"{what} has to hold {size} names, but it holds {len(names)}")
        self.seen = gate_trace(cell, x, state)
        if not all(part.isfinite().all() for part in vars(self.seen).values()):
            raise ValueError("explore.gates got numbers that are NaN or infinite: check x and cell")
        self.label = (
            f"Explorer of the gates of {type(cell).__name__}({input_size}, {hidden_size}) "
            f"over {len(x)} steps"
        )
        self._pitch = (WIDTH - 24) / len(x)

    def _controls(self) -> str:
        last = len(self.seen.x)
        slider = tag("input", type="range", name="t", min=1, max=last, value=1, data_key=True)
        return (
            tag("button", "←", type="button", data_by=-1, aria_label="Previous step")
            + tag("label", "Time ", slider)
            + tag("button", "→", type="button", data_by=1, aria_label="Next step")
        )

    def _everything(self) -> str:
        states = {str(t): t for t in range(1, len(self.seen.x) + 1)}
        table = tag("details", tag("summary", "All steps as a table"), self._table())
        return self._view(states, "1") + table

    @cached_property
    def widget(self) -> Any:
        slider = widgets.SelectionSlider(
            options=[(name, t) for t, name in enumerate(self.step_names, 1)],
            description="Time",
            layout={"width": "90%"},
        )
        view = widgets.HTML()

        def draw(*_: object) -> None:
            t = slider.value
            view.value = self._view({str(t): t}, str(t))

        slider.observe(draw, "value")
        draw()
        return widgets.VBox([slider, view])

    # The drawing

    def _view(self, states: Mapping[str, int], shown: str) -> str:
        """What happens in words; two drawings over all steps, and two of the present step."""
        words = variants("p", states, shown, self._words)
        return tag("div", words, class_="explorer-words", aria_live="polite") + tag(
            "div",
            self._gate_strips(states, shown),
            self._state_strips(states, shown),
            *self._step(states, shown),
            class_="explorer-drawings",
        )

    def _words(self, t: int) -> str:
        f, i, o = (part[t - 1].mean().item() for part in (self.seen.f, self.seen.i, self.seen.o))
        inputs = ", ".join(
            f"{escape(name)} {signed_number(value)}"
            for name, value in zip(self.feature_names, self.seen.x[t - 1].tolist(), strict=True)
        )
        return (
            f"{escape(self.step_names[t - 1])}: the input is {inputs}. On average over the units "
            f"the cell keeps {f:.0%} of what it held, writes {i:.0%} of what it proposes, "
            f"and shows {o:.0%}."
        )

    def _centre(self, t: int) -> float:
        """Where step ``t``, counted from 1, lies in the strips."""
        return 22 + (t - 0.5) * self._pitch

    def _steps(self, y: float) -> str:
        """Names below a strip, as many as there is room for."""
        every = -(-len(self.seen.x) // 6)
        shown = list(enumerate(self.step_names, 1))[:: max(1, every)]
        return small_print(
            *(svg_text(self._centre(t), y, escape(name)) for t, name in shown), text_anchor="middle"
        )

    def _bands(self, states: Mapping[str, int], shown: str, bottom: float) -> str:
        """The mark of the present step."""

        def band(t: int) -> str:
            left = self._centre(t) - self._pitch / 2
            return tag("path", d=rectangle(left, 20, self._pitch, bottom - 20), fill_opacity=".18")

        return variants("g", states, shown, band)

    def _rows(self, top: float, title: str, values: Tensor, limit: float) -> str:
        """One row of bars a unit, over all steps: values (T, H), a bar of full length is limit."""
        lowest = 0.0 if (values >= 0).all() else -limit
        unit, width = (ROW - 3) / (limit - lowest), 0.8 * self._pitch
        zeros = [top + 18 + ROW * (j + 1) + lowest * unit for j in range(values.shape[1])]
        indices = (
            svg_text(0, top + 14 + ROW * (j + 1), str(j + 1)) for j in range(values.shape[1])
        )
        bars = (
            (value, rectangle(self._centre(t) - width / 2, zero, width, -value * unit))
            for t, row in enumerate(values.tolist(), 1)
            for value, zero in zip(row, zeros, strict=True)
        )
        axes = "".join(f"M22 {zero:.1f}H{WIDTH}" for zero in zeros)
        return (
            svg_title(0, top + 13, title)
            + small_print(*indices)
            + stroke(axes, stroke_opacity=".35")
            + signed_paths(bars)
        )

    def _gate_strips(self, states: Mapping[str, int], shown: str) -> str:
        height = 26 + ROW * self.seen.f.shape[1]
        gates = (
            ("f_{t}  forget gate, 0 to 1", self.seen.f),
            ("i_{t}  input gate, 0 to 1", self.seen.i),
            ("o_{t}  output gate, 0 to 1", self.seen.o),
        )
        still = "".join(
            self._rows(k * height, title, values, 1.0) for k, (title, values) in enumerate(gates)
        )
        bottom = 3 * height - 6
        label = "The three gates at all steps, a row of bars for each unit. A band marks the time."
        return svg(
            WIDTH,
            bottom + 16,
            label,
            still,
            self._steps(bottom + 12),
            self._bands(states, shown, bottom),
        )

    def _state_strips(self, states: Mapping[str, int], shown: str) -> str:
        still, dots, top = svg_title(0, 13, "x_{t}  input"), [], 20.0
        for name, values in zip(self.feature_names, self.seen.x.T.tolist(), strict=True):
            high, low = max(0.0, *values), min(0.0, *values)
            unit = 32 / ((high - low) or 1)
            points = [
                (self._centre(t), top + 20 + (high - v) * unit) for t, v in enumerate(values, 1)
            ]
            still += small_print(svg_text(22, top + 9, escape(name)))
            still += stroke(f"M22 {top + 20 + high * unit:.1f}H{WIDTH}", stroke_opacity=".35")
            still += stroke(polyline(points), stroke_width="1.5")
            dots.append(points)
            top += 60
        for title, values in (
            ("c_{t}  cell state, what is kept", self.seen.c[1:]),
            ("h_{t}  hidden state, what is shown", self.seen.h[1:]),
        ):
            still += self._rows(top, title, values, values.abs().max().item() or 1.0)
            top += 26 + ROW * values.shape[1]
        bottom = top - 6

        def now(t: int) -> str:
            values = zip(self.seen.x[t - 1].tolist(), dots, strict=True)
            return signed_paths((value, disc(*points[t - 1], 4)) for value, points in values)

        label = "Input, cell state and hidden state at all steps. A band marks the time."
        return svg(
            WIDTH,
            bottom + 16,
            label,
            still,
            self._steps(bottom + 12),
            self._bands(states, shown, bottom),
            variants("g", states, shown, now),
        )

    def _step(self, states: Mapping[str, int], shown: str) -> tuple[str, str]:
        """The equations of the present step, as columns of numbers with bars."""
        s, right, height = self.seen, WIDTH - PANEL, 30 + ROW * self.seen.f.shape[1]
        largest = max(1.0, s.c.abs().max().item())
        kept = [
            _Panel(0, 0, "f_{t}  keep", s.f, 1.0),
            _Panel(right, 0, "· c_{t−1}", s.c[:-1], largest),
            _Panel(0, height, "+ i_{t}  write", s.i, 1.0),
            _Panel(right, height, "· g_{t}  proposal", s.g, 1.0),
            _Panel(right, 2 * height, "= c_{t}", s.c[1:], largest),
        ]
        hidden = [
            _Panel(0, 0, "o_{t}  show", s.o, 1.0),
            _Panel(right, 0, "· tanh(c_{t})", s.c[1:].tanh(), 1.0),
            _Panel(right, height, "= h_{t}", s.h[1:], 1.0),
        ]

        def drawing(panels: list[_Panel], label: str) -> str:
            drawn = (p.still() + variants("g", states, shown, p.at) for p in panels)
            return svg(WIDTH, panels[-1].bottom + 8, label, *drawn)

        return (
            drawing(
                kept,
                "The present step: forget gate times old cell state, plus input gate times "
                "proposal, is the new cell state.",
            ),
            drawing(hidden, "Output gate times tanh of the cell state is the hidden state."),
        )

    def _table(self) -> str:
        def cell(values: Tensor) -> str:
            return ", ".join(signed_number(value) for value in values.tolist())

        s = self.seen
        columns = {"f": s.f, "i": s.i, "g": s.g, "c": s.c[1:], "o": s.o, "h": s.h[1:]}
        header = ["time", "x", *(html_math(f"{n}_{{t}} {NAMES[n]}") for n in columns)]
        rows = "".join(
            tag(
                "tr", row_cells(escape(name), cell(s.x[t]), *(cell(v[t]) for v in columns.values()))
            )
            for t, name in enumerate(self.step_names)
        )
        return scrolling_table("All steps, the units separated by commas", header, rows)


def gates(
    cell: Any,
    x: Tensor,
    state: tuple[Tensor, Tensor] | None = None,
    feature_names: Sequence[str] | None = None,
    step_names: Sequence[object] | None = None,
) -> GatesExplorer:
    """Move through time and watch the gates of an LSTM cell.

    Parameters
    ----------
    cell : torch.nn.LSTMCell or rnnlib.LSTMCell
        With at most 8 units.
    x : Tensor of shape (T, I)
        One sequence of at most 60 steps and 8 features.
    state : tuple of Tensors of shape (H,), optional
        (h, c) before the first step; zeros if not given.
    feature_names : sequence of str, optional
        What the features are called.
    step_names : sequence, optional
        What the steps are called, such as years; 1 to T if not given.

    Returns
    -------
    GatesExplorer
        Let it be the last line of a cell to see it.

    Raises
    ------
    TypeError
        If `cell` is no LSTM cell.
    ValueError
        If `x`, `state` or the names do not fit the cell, there is more than can be drawn, or a
        number is NaN or infinite.

    Notes
    -----
    Hochreiter and Schmidhuber (1997), Long short-term memory, with the forget gate of Gers,
    Schmidhuber and Cummins (2000).
    """
    return GatesExplorer(cell, x, state, feature_names, step_names)
