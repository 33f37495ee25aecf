"""The explorer of one step of a recurrent cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets as widgets
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rnnlib.explore._base import Explorer
from rnnlib.explore._markup import (
    Point,
    arrow,
    disc,
    html_math,
    polyline,
    rectangle,
    row_cells,
    scrolling_table,
    seen_in,
    signed_number,
    signed_paths,
    sized,
    small_print,
    stroke,
    svg,
    svg_math,
    svg_text,
    svg_title,
    tag,
    variants,
    vector,
)


@dataclass(frozen=True)
class Trace:
    """What happens while a cell reads a sequence, measured by running the cell.

    Attributes
    ----------
    x : Tensor, (T, I)
        The input.
    h : Tensor, (T + 1, H)
        The states; ``h[0]`` is the one before the first step.
    from_input, from_state : Tensor, (T, H)
        Two parts of each pre-activation: W_ih x_t and W_hh h_{t-1}.
    bias : Tensor, (H,)
        The third part, b_ih + b_hh: zeros in a cell without bias.
    """

    x: Tensor
    h: Tensor
    from_input: Tensor
    from_state: Tensor
    bias: Tensor

    @property
    def pre_activation(self) -> Tensor:
        """The sum of the three parts, (T, H)."""
        return self.from_input + self.from_state + self.bias


@torch.no_grad()
def trace(cell: Any, x: Tensor, h_0: Tensor) -> Trace:
    """Run ``cell`` over ``x`` (T, I) from the state ``h_0`` (H,) and keep every value."""
    states = [h_0]
    for x_t in x:
        states.append(cell(x_t, states[-1]))
    h = torch.stack(states)
    bias = torch.zeros_like(h_0) if cell.bias_ih is None else cell.bias_ih + cell.bias_hh
    parts = (x, h, linear(x, cell.weight_ih), linear(h[:-1], cell.weight_hh), bias)
    return Trace(*(part.detach().cpu() for part in parts))


WIDTH = 300  # of each drawing, in units of its text: a phone shows them about one to one
ROW = 19  # height of a number with its bar
BAR = 30  # length of the longest bar
PANEL = 60 + 2 * BAR  # width of a column of numbers and bars
MOST = {"steps": 60, "features": 8, "units": 8}  # more could be computed, but not read


def check_sizes(explorer: str, x: Tensor, input_size: int, hidden_size: int) -> None:
    """Raise ValueError if x is not one sequence (T, I), or there is too much to be read."""
    if x.ndim != 2 or x.shape[1] != input_size or len(x) == 0:
        raise ValueError(
            f"{explorer} draws one sequence, so x has to be (T, {input_size}), "
            f"but its shape is {tuple(x.shape)}"
        )
    sizes = (len(x), input_size, hidden_size)
    for (what, most), size in zip(MOST.items(), sizes, strict=True):
        if size > most:
            raise ValueError(
                f"{explorer} draws at most {most} {what}, so that the numbers can be read, "
                f"but got {size}: take a smaller example"
            )


@dataclass(frozen=True)
class _Panel:
    """A vector as a column of numbers and signed bars; ``values`` is (T, n)."""

    x: float
    y: float
    math: str
    values: Tensor
    scale: float  # the value whose bar has full length

    @property
    def zero(self) -> float:
        return self.x + 60 + BAR

    @property
    def bottom(self) -> float:
        return self.y + 20 + ROW * self.values.shape[1]

    @property
    def middle(self) -> float:
        return (self.y + 20 + self.bottom) / 2

    def still(self) -> str:
        """What is the same at every step."""
        rows = self.values.shape[1]
        index = (svg_text(self.x, self.y + 34 + ROW * i, str(i + 1)) for i in range(rows))
        axis = stroke(f"M{self.zero:g} {self.y + 20:g}V{self.bottom:g}")
        return svg_title(self.x, self.y + 13, self.math) + small_print(*index) + axis

    def at(self, step: int) -> str:
        """Numbers and bars at ``step``, counted from 1."""
        numbers, bars = "", []
        for i, value in enumerate(self.values[step - 1].tolist()):
            y = self.y + 20 + ROW * i
            numbers += svg_text(self.x + 53, y + 14, signed_number(value))
            bars.append((value, rectangle(self.zero, y + 3, BAR * value / self.scale, ROW - 6)))
        return tag("g", numbers, text_anchor="end") + signed_paths(bars)


class CellExplorer(Explorer):
    """One step of a recurrent cell; the reader moves it through time. Made by `cell`."""

    def __init__(
        self, cell: Any, x: Tensor, h_0: Tensor | None, feature_names: Sequence[str] | None
    ) -> None:
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "nonlinearity"):
            if not hasattr(cell, name):
                raise TypeError(
                    f"explore.cell draws a tanh or relu cell such as torch.nn.RNNCell, but "
                    f"{type(cell).__name__} has no {name}"
                )
        hidden_size, input_size = cell.weight_ih.shape
        check_sizes("explore.cell", x, input_size, hidden_size)
        h_0 = cell.weight_hh.new_zeros(hidden_size) if h_0 is None else h_0
        if h_0.shape != (hidden_size,):
            raise ValueError(f"h_0 has to be ({hidden_size},), but its shape is {tuple(h_0.shape)}")
        names = feature_names or [f"feature {i + 1}" for i in range(input_size)]
        if len(names) != input_size:
            raise ValueError(
                f"feature_names has to name {input_size} features, but it has {len(names)} names"
            )
        self.cell, self.x, self.h_0 = cell, x.detach().clone(), h_0.detach().clone()
        self.feature_names = list(names)
        self.label = (
            f"Explorer of one step of {type(cell).__name__}({input_size}, {hidden_size}) "
            f"over {len(x)} steps"
        )
        # Space for one step in the strips, and one for the state before the first.
        self._pitch = (WIDTH - 24) / (len(x) + 1)
        self._first = trace(cell, self.x, self.h_0)
        _check_finite(self._first)

    def _controls(self) -> str:
        last = len(self.x)
        slider = tag("input", type="range", name="t", min=1, max=last, value=1, data_key=True)
        return (
            tag("button", "←", type="button", data_by=-1, aria_label="Previous step")
            + tag("label", "Step ", sized("t", 1), f" of {last} ", slider)
            + tag("button", "→", type="button", data_by=1, aria_label="Next step")
        )

    def _everything(self) -> str:
        states = {str(t): t for t in range(1, len(self.x) + 1)}
        table = tag("details", tag("summary", "All steps as a table"), self._table(self._first))
        return self._view(self._first, states, "1") + table

    @cached_property
    def widget(self) -> Any:
        x = self.x.clone()
        slider = widgets.IntSlider(value=1, min=1, max=len(x), description="Step t")
        back = widgets.Button(description="← Previous")
        onward = widgets.Button(description="Next →")
        reset = widgets.Button(description="Reset x")
        inputs = [widgets.FloatText(description=name, step=0.1) for name in self.feature_names]
        view = widgets.HTML()

        def draw(*_: object) -> None:
            t = slider.value
            seen = trace(self.cell, x, self.h_0)
            try:
                _check_finite(seen)
            except ValueError as error:
                view.value = tag("p", str(error))
            else:
                view.value = self._view(seen, {str(t): t}, str(t))

        def rounded(feature: int) -> float:
            return round(x[slider.value - 1, feature].item(), 3)

        def show_input(*_: object) -> None:
            for i, box in enumerate(inputs):
                box.value = rounded(i)
            draw()

        def edit(feature: int, value: float) -> None:
            if value != rounded(feature):  # the reader's doing, not that of `show_input`
                x[slider.value - 1, feature] = value
                draw()

        def step(by: int) -> None:
            slider.value += by

        def restore(_: object) -> None:
            x.copy_(self.x)
            show_input()

        slider.observe(show_input, "value")
        for i, box in enumerate(inputs):
            box.observe(lambda change, i=i: edit(i, change["new"]), "value")
        back.on_click(lambda _: step(-1))
        onward.on_click(lambda _: step(1))
        reset.on_click(restore)
        show_input()
        return widgets.VBox(
            [widgets.HBox([back, slider, onward]), widgets.HBox([*inputs, reset]), view]
        )

    # The drawing

    def _view(self, seen: Trace, states: Mapping[str, int], shown: str) -> str:
        """What happens in words, and four drawings: two over all steps, two of one step."""
        words = variants("p", states, shown, lambda t: self._words(seen, t))
        return tag("div", words, class_="explorer-words", aria_live="polite") + tag(
            "div",
            self._input_strip(seen, states, shown),
            self._state_strip(seen, states, shown),
            *self._step(seen, states, shown),
            class_="explorer-drawings",
        )

    def _words(self, seen: Trace, t: int) -> str:
        return html_math(
            f"Step {t}: the input x_{{{t}}} = {vector(seen.x[t - 1])} meets the state "
            f"h_{{{t - 1}}} = {vector(seen.h[t - 1])}. The pre-activation is "
            f"a_{{{t}}} = {vector(seen.pre_activation[t - 1])}, and {self.cell.nonlinearity} "
            f"makes of it the new state h_{{{t}}} = {vector(seen.h[t])}."
        )

    def _centre(self, t: int) -> float:
        """Where step ``t`` lies in the strips."""
        return 22 + (t + 0.5) * self._pitch

    def _steps(self, y: float, first: int) -> str:
        """The numbers of the steps below a strip: all of them, or some of many."""
        every = 1 if len(self.x) <= 14 else 5
        shown = (t for t in range(first, len(self.x) + 1) if t % every == 0)
        return small_print(
            *(svg_text(self._centre(t), y, str(t)) for t in shown), text_anchor="middle"
        )

    def _band(self, t: int, bottom: float) -> str:
        """The place of step ``t`` in a strip, as a path."""
        return rectangle(self._centre(t) - self._pitch / 2, 20, self._pitch, bottom - 20)

    def _input_strip(self, seen: Trace, states: Mapping[str, int], shown: str) -> str:
        """The input over time: one curve for each feature."""
        still, curves = svg_title(0, 13, "x_{t}  input over time"), []
        for i, name in enumerate(self.feature_names):
            values = seen.x[:, i].tolist()
            high, low = max(0.0, *values), min(0.0, *values)
            top, unit = 38 + 46 * i, 26 / ((high - low) or 1)
            curve = [(self._centre(t), top + (high - v) * unit) for t, v in enumerate(values, 1)]
            still += small_print(svg_text(0, top - 6, escape(name)))
            still += stroke(f"M22 {top + high * unit:.1f}H298", stroke_opacity=".35")
            still += stroke(polyline(curve), stroke_width="1.5")
            curves.append(curve)
        bottom = 26 + 46 * len(curves)

        def now(t: int) -> str:
            values = zip(seen.x[t - 1].tolist(), curves, strict=True)
            dots = signed_paths((v, disc(*c[t - 1], 4)) for v, c in values)
            return tag("path", d=self._band(t, bottom), fill_opacity=".15") + dots

        frames = variants("g", states, shown, now)
        label = "The input at all steps, a curve for each feature. A band marks the present step."
        return svg(WIDTH, bottom + 16, label, still, self._steps(bottom + 12, 1), frames)

    def _state_strip(self, seen: Trace, states: Mapping[str, int], shown: str) -> str:
        """The states so far: one row of bars for each unit."""
        units = seen.h.shape[1]
        bottom = 20 + ROW * units
        width, unit = 0.64 * self._pitch, (ROW / 2 - 1) / (seen.h.abs().max().item() or 1.0)
        still = svg_title(0, 13, "h_{t}  states so far; dashed: h_{t−1}")
        middles = [20 + ROW * (i + 0.5) for i in range(units)]
        still += small_print(*(svg_text(0, y + 4, str(i)) for i, y in enumerate(middles, 1)))
        still += stroke("".join(f"M22 {y:g}H298" for y in middles), stroke_opacity=".35")

        def column(t: int) -> str:
            left, values = self._centre(t) - width / 2, seen.h[t].tolist()
            bars = zip(values, middles, strict=True)
            return signed_paths((v, rectangle(left, y, width, -v * unit)) for v, y in bars)

        def now(t: int) -> str:
            before = stroke(self._band(t - 1, bottom), stroke_dasharray="3 2", stroke_opacity=".6")
            return before + tag("path", d=self._band(t, bottom), fill_opacity=".15")

        frames = variants("g", states, shown, now)
        for t in range(max(states.values()) + 1):
            keys = (key for key, now in states.items() if now >= t)
            frames += seen_in("g", column(t), keys, shown)
        label = "The states so far, a row of bars for each unit. Dashes mark the state before."
        return svg(WIDTH, bottom + 16, label, still, self._steps(bottom + 12, 0), frames)

    def _step(self, seen: Trace, states: Mapping[str, int], shown: str) -> tuple[str, str]:
        """Left the parts of the pre-activation, right their sum and what becomes of it."""
        a = seen.pre_activation
        values = (seen.h, seen.from_input, seen.from_state, seen.bias, a)
        scale = max(v.abs().max().item() for v in values) or 1.0

        def frames(*panels: _Panel) -> str:
            return "".join(
                panel.still() + variants("g", states, shown, panel.at) for panel in panels
            )

        right = WIDTH - PANEL
        x = _Panel(0, 0, "x_{t}  input", seen.x, seen.x.abs().max().item() or 1.0)
        from_input = _Panel(right, 0, "W_{ih} x_{t}", seen.from_input, scale)
        second = max(x.bottom, from_input.bottom) + 10
        before = _Panel(0, second, "h_{t−1}  state before", seen.h[:-1], scale)
        from_state = _Panel(right, second, "+ W_{hh} h_{t−1}", seen.from_state, scale)
        parts = [x, from_input, before, from_state]
        if self.cell.bias_ih is not None:
            bias = seen.bias.expand_as(a)
            parts.append(_Panel(right, before.bottom + 10, "+ b_{ih} + b_{hh}", bias, scale))
        height = parts[-1].bottom
        left_drawing = svg(
            WIDTH,
            height,
            "The input and the state before, and what each adds to the pre-activation.",
            frames(*parts),
            arrow(PANEL + 8, x.middle, 44, "W_{ih}"),
            arrow(PANEL + 8, before.middle, 44, "W_{hh}"),
        )

        total = _Panel(28, 0, "= a_{t}  pre-activation", a, scale)
        after = _Panel(right, 0, "h_{t}  new state", seen.h[1:], scale)
        height = max(height, total.bottom + 150)
        return left_drawing, svg(
            WIDTH,
            height,
            f"The pre-activation, and the new state that {self.cell.nonlinearity} makes of it.",
            frames(total, after),
            arrow(1, total.middle, 22, "sum"),
            arrow(153, total.middle, 22, self.cell.nonlinearity),
            self._curve(seen, states, shown, total.bottom + 12, height),
        )

    def _curve(
        self, seen: Trace, states: Mapping[str, int], shown: str, top: float, bottom: float
    ) -> str:
        """The nonlinearity as a curve, with a dot where each unit is."""
        function = getattr(torch, self.cell.nonlinearity)
        widest = 1.05 * max(2.0, seen.pre_activation.abs().max().item())
        a = torch.linspace(-widest, widest, 61)
        h = function(a)
        high, low = h.max().item(), h.min().item()

        def place(a: float, h: float) -> Point:
            down = (high - h) / (high - low)
            return 150 + 140 * a / widest, top + 28 + down * (bottom - top - 48)

        (left, zero), (right, _), (middle, highest) = (
            place(-widest, 0),
            place(widest, 0),
            place(0, high),
        )
        lowest = place(0, low)[1]
        still = (
            svg_title(0, top + 13, f"h_{{t}} = {self.cell.nonlinearity}(a_{{t}})  unit by unit")
            + stroke(
                f"M{left:g} {zero:.1f}H{right:g}M{middle:g} {highest:.1f}V{lowest:.1f}",
                stroke_opacity=".35",
            )
            + stroke(polyline(map(place, a.tolist(), h.tolist())), stroke_width="1.5")
            + svg_text(right, zero + 14, svg_math("a_{t}"), text_anchor="end")
            + svg_text(middle - 8, highest + 8, svg_math("h_{t}"), text_anchor="end")
        )

        def dots(t: int) -> str:
            pairs = list(zip(seen.pre_activation[t - 1].tolist(), seen.h[t].tolist(), strict=True))
            points = [place(*pair) for pair in pairs]
            guides = "".join(f"M{x:.1f} {zero:.1f}V{y:.1f}H{middle:g}" for x, y in points)
            # Neighbours on the curve have their numbers on different sides of it.
            order = sorted(range(len(points)), key=lambda i: points[i])
            names = (
                svg_text(x - 12, y - 5, str(i + 1))
                if rank % 2
                else svg_text(x + 6, y + 13, str(i + 1))
                for rank, i in enumerate(order)
                for x, y in [points[i]]
            )
            dots = (
                (value, disc(*point, 5)) for point, (_, value) in zip(points, pairs, strict=True)
            )
            return (
                stroke(guides, stroke_dasharray="2 3", stroke_opacity=".7")
                + signed_paths(dots)
                + tag("g", *names, font_size=11)
            )

        return still + variants("g", states, shown, dots)

    def _table(self, seen: Trace) -> str:
        a, bias = seen.pre_activation, vector(seen.bias)
        header = ["t", "x_{t}", "W_{ih} x_{t}", "W_{hh} h_{t−1}", "a_{t}", "h_{t}"]
        columns = (seen.x, seen.from_input, seen.from_state, a, seen.h[1:])
        rows = tag("tr", row_cells("0", "", "", "", "", vector(seen.h[0])))
        for t in range(1, len(seen.h)):
            rows += tag("tr", row_cells(str(t), *(vector(values[t - 1]) for values in columns)))
        caption = f"Every step, rounded. The bias b_{{ih}} + b_{{hh}} is {bias} at each of them."
        return scrolling_table(html_math(caption), [html_math(name) for name in header], rows)


def _check_finite(seen: Trace) -> None:
    if not seen.pre_activation.isfinite().all():
        raise ValueError("x, h_0 or a state that follows from them is not finite")


def cell(
    cell: nn.Module,
    x: Tensor,
    h_0: Tensor | None = None,
    feature_names: Sequence[str] | None = None,
) -> CellExplorer:
    """Walk through a sequence one step of a recurrent cell at a time.

    The reader sees the input x_t and the state before it, what each adds to the pre-activation, and
    the new state. In a notebook the input can be changed as well.

    Parameters
    ----------
    cell : rnnlib.RNNCell or torch.nn.RNNCell
        Every number comes from running it.
    x : Tensor, (T, I)
        One sequence: at most 60 steps of at most 8 features.
    h_0 : Tensor, (H,), optional
        The state before the first step; zeros if left out. At most 8 units.
    feature_names : sequence of str, optional
        One name for each of the I features.

    Returns
    -------
    CellExplorer
        Let it be the last line of a cell to see it.

    Raises
    ------
    TypeError
        If ``cell`` is another kind of cell, such as an LSTM's.
    ValueError
        If a shape does not fit, something is too large to be drawn, or a value is not finite.
    """
    return CellExplorer(cell, x, h_0, feature_names)
