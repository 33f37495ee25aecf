"""The explorer of the shapes that go into and come out of a recurrent layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import product
from math import prod
from typing import Any

import ipywidgets as widgets

from rnnlib.explore._base import Explorer
from rnnlib.explore._layer import PRIMES, TENSORS, Layer, evaluate, run, symbols
from rnnlib.explore._markup import (
    FILL,
    rectangle,
    row_cells,
    scrolling_table,
    seen_in,
    sized,
    svg,
    svg_text,
    tag,
    variants,
)

WORDS = {
    "T": "time steps",
    "B": "sequences in the batch",
    "I": "features of each step",
    "H": "units of the state",
    "D*H": "both directions side by side",
    "D*L": "one slice for each direction of each layer",
}
CONTROLS = {
    "T": "T time steps",
    "B": "B sequences",
    "I": "input_size I",
    "H": "hidden_size H",
    "L": "num_layers L",
    "bidirectional": "bidirectional",
    "batch_first": "batch_first",
    "batched": "a batch of sequences",
}
SHORT = {
    "T": "time steps",
    "B": "sequences",
    "I": "features",
    "H": "units",
    "D*H": "units",
    "D*L": "slices",
}
#: A tensor's axes, each with its names and its size.
Axes = tuple[tuple[str, int], ...]
CARD = 300  # width of the drawing of a tensor


def _shape(axes: Axes, name: str = "span") -> str:
    """A shape as Python prints it."""
    inner = ", ".join(sized(names, number, name) for names, number in axes)
    return f"({inner},)" if len(axes) == 1 else f"({inner})"


def _dots(names: str) -> str:
    return names.replace("*", "·")


def _in_names(shape: Sequence[str]) -> str:
    return f"({', '.join(map(_dots, shape))}{',' if len(shape) == 1 else ''})"


class ShapesExplorer(Explorer):
    """The shapes of what goes into and comes out of ``torch.nn.RNN``. Made by `shapes`."""

    label = "Explorer of the shapes of torch.nn.RNN"

    def __init__(self, layer: Layer) -> None:
        for name, size in layer.sizes.items():
            if size < 1:
                raise ValueError(f"{name} has to be at least 1, but is {size}")
        if layer.num_layers >= PRIMES["L"]:
            raise ValueError(
                f"explore.shapes draws fewer than {PRIMES['L']} layers, but got {layer.num_layers}"
            )
        self.layer = layer

    def _states(self) -> dict[str, Layer]:
        """Every choice that the page offers, beside the sizes."""
        yes_no = (False, True)
        layers = (
            replace(self.layer, bidirectional=d, batch_first=f, batched=b, num_layers=n)
            for d, f, b, n in product(yes_no, yes_no, yes_no, range(1, self._most_layers() + 1))
        )
        return {layer.key: layer for layer in layers}

    def _most_layers(self) -> int:
        return max(4, self.layer.num_layers)

    def _controls(self) -> str:
        layer = self.layer

        def number(name: str, most: int = 9999, **attributes: object) -> str:
            value = layer.sizes[name]
            attributes |= {"type": "number", "value": value, "min": 1, "max": most}
            return tag(
                "label", CONTROLS[name], " ", tag("input", name=name, required=True, **attributes)
            )

        def tick(name: str, option: str, on: int = 1, off: int = 0) -> str:
            checked = getattr(layer, option) or None
            attributes = {"type": "checkbox", "value": on, "data_off": off, "checked": checked}
            return tag(
                "label", tag("input", name=name, data_key=True, **attributes), " ", CONTROLS[option]
            )

        batched = (key for key, state in self._states().items() if state.batched)
        numbers = (
            number("T"),
            seen_in("span", number("B"), batched, layer.key),
            number("I"),
            number("H"),
            number("L", self._most_layers(), data_key=True),
        )
        ticks = (
            tick("D", "bidirectional", on=2, off=1),
            tick("batch_first", "batch_first"),
            tick("batched", "batched"),
        )
        return tag("div", *numbers, class_="explorer-sizes") + tag("div", *ticks)

    def _everything(self) -> str:
        def axes(state: Layer) -> dict[str, Axes]:
            return {
                name: tuple((names, evaluate(names, self.layer.sizes)) for names in shape)
                for name, shape in symbols(state).items()
            }

        states = self._states()
        return self._view(
            {key: (state, axes(state)) for key, state in states.items()}, self.layer.key
        )

    @cached_property
    def widget(self) -> Any:
        sizes = self.layer.sizes
        # With all of these at their most a forward pass takes about a second.
        most = {"T": 200, "B": 64, "I": 256, "H": 256, "L": 4}
        numbers = {
            name: widgets.BoundedIntText(
                value=sizes[name],
                min=1,
                max=max(limit, sizes[name]),
                description=CONTROLS[name],
                style={"description_width": "7.5em"},
                layout={"width": "13em"},
            )
            for name, limit in most.items()
        }
        ticks = {
            name: widgets.Checkbox(
                value=getattr(self.layer, name), description=CONTROLS[name], indent=False
            )
            for name in ("bidirectional", "batch_first", "batched")
        }
        view = widgets.HTML()

        def draw(*_: object) -> None:
            layer = Layer(
                input_size=numbers["I"].value,
                hidden_size=numbers["H"].value,
                num_layers=numbers["L"].value,
                T=numbers["T"].value,
                B=numbers["B"].value,
                **{name: box.value for name, box in ticks.items()},
            )
            numbers["B"].disabled = not layer.batched
            names, measured = symbols(layer), run(layer)
            axes = {name: tuple(zip(names[name], measured[name], strict=True)) for name in names}
            view.value = self._view({layer.key: (layer, axes)}, layer.key)

        for box in (*numbers.values(), *ticks.values()):
            box.observe(draw, "value")
        draw()
        wrap = {"flex_flow": "row wrap"}
        return widgets.VBox(
            [
                widgets.HBox(list(numbers.values()), layout=wrap),
                widgets.HBox(list(ticks.values()), layout=wrap),
                view,
            ]
        )

    def _view(self, states: Mapping[str, tuple[Layer, dict[str, Axes]]], shown: str) -> str:
        """The shapes in words, as code, as drawings and as tables."""

        def each(element: str, render: Callable[[Layer, dict[str, Axes]], str]) -> str:
            return variants(element, states, shown, lambda state: render(*state))

        cards = rows = parameters = ""
        for name in TENSORS:
            card = each("g", partial(_card, name))
            cards += svg(CARD, 212, f"{name} as a block; the table below names its axes.", card)
            rows += each("tr", partial(_meaning, name))
        for name in max((axes for _, axes in states.values()), key=len):
            if name not in TENSORS:
                parameters += each("tr", partial(_parameter, name))
        words = each("p", _words)
        return (
            tag("div", words, class_="explorer-words", aria_live="polite", aria_atomic="true")
            + tag("div", cards, class_="explorer-drawings")
            + tag("pre", each("code", _code))
            + scrolling_table("What each axis is", ["tensor", "shape", "axes"], rows)
            + tag(
                "details",
                tag("summary", "The parameters of this layer"),
                scrolling_table(
                    "Parameters, with D = 2 if bidirectional, else 1",
                    ["parameter", "shape in names", "shape", "numbers"],
                    parameters,
                ),
            )
            + self._all_forms()
        )

    def _all_forms(self) -> str:
        rows = ""
        for form, batch_first, batched in (
            ("time first", False, True),
            ("batch_first", True, True),
            ("one sequence", False, False),
        ):
            named = symbols(replace(self.layer, batch_first=batch_first, batched=batched))
            rows += tag("tr", row_cells(form, *(_in_names(named[name]) for name in TENSORS)))
        return tag(
            "details",
            tag("summary", "All forms of input as a table"),
            scrolling_table(
                "D is 2 if bidirectional, else 1; L is num_layers", ["form", *TENSORS], rows
            ),
        )


def _words(layer: Layer, axes: Mapping[str, Axes]) -> str:
    weights = [shape for name, shape in axes.items() if name not in TENSORS]
    names = "+".join("*".join(name for name, _ in shape) for shape in weights)
    total = sum(prod(number for _, number in shape) for shape in weights)
    note = "" if layer.batched else " For a single sequence batch_first changes nothing."
    return (
        f"output is {_shape(axes['output'])} and h_n is {_shape(axes['h_n'])}. "
        f"The layer has {sized(names, total)} parameters.{note}"
    )


def _code(layer: Layer, axes: Mapping[str, Axes]) -> str:
    sizes = layer.sizes
    return (
        "rnn = torch.nn.RNN(\n"
        f"    input_size={sized('I', sizes['I'])}, hidden_size={sized('H', sizes['H'])},\n"
        f"    num_layers={layer.num_layers},\n"
        f"    bidirectional={layer.bidirectional},\n"
        f"    batch_first={layer.batch_first},\n"
        ")\n"
        f"input = torch.zeros{_shape(axes['input'])}\n"
        f"h_0 = torch.zeros{_shape(axes['h_0'])}\n"
        "output, h_n = rnn(input, h_0)"
    )


def _meaning(name: str, layer: Layer, axes: Mapping[str, Axes]) -> str:
    """Row of the table that tells what each axis of a tensor is."""

    def meaning(names: str) -> str:
        one_way = names == "D*H" and not layer.bidirectional
        return WORDS["H" if one_way else names]

    meanings = (f"{_dots(names)} = {sized(names, n)} {meaning(names)}" for names, n in axes[name])
    return row_cells(tag("code", name), _shape(axes[name]), "<br>".join(meanings))


def _parameter(name: str, layer: Layer, axes: Mapping[str, Axes]) -> str:
    """Row of the table of parameters, empty where the layer has no such parameter."""
    if name not in axes:
        return ""
    names, numbers = zip(*axes[name], strict=True)
    total = sized("*".join(names), prod(numbers))
    return row_cells(tag("code", name), _in_names(names), _shape(axes[name]), total)


def _block(
    x: float,
    y: float,
    width: float,
    height: float,
    depth: float,
    *,
    fill: Mapping[str, object],
    lid: bool = True,
) -> str:
    """A box seen from the right and above, of which three faces show."""
    away = f"l{depth:g} {-0.7 * depth:g}"
    back = f"l{-depth:g} {0.7 * depth:g}"
    faces = rectangle(x, y, width, height)
    if depth:
        faces += f"M{x + width:g} {y:g}{away}v{height:g}{back}z"
        faces += f"M{x:g} {y:g}{away}h{width:g}{back}z" if lid else ""
    return tag("path", d=faces, stroke="currentColor", stroke_linejoin="round", **fill)


def _tint(colour: str, opacity: float) -> dict[str, object]:
    return {"class_": colour, "fill": FILL[colour], "fill_opacity": f"{opacity:g}"}


LEFT, TOP, ACROSS, DOWN, DEPTH = 86, 54, 120, 84, 30  # the front of a tensor's block


def _card(name: str, layer: Layer, axes: Mapping[str, Axes]) -> str:
    """A tensor as a block: features downwards, sequences to the back, the rest to the right."""
    depth = DEPTH if layer.batched else 0.0
    title = tag("tspan", name, font_weight="bold")
    drawing = svg_text(0, 14, f"{title}  {_shape(axes[name], 'tspan')}", font_size=14)
    bottom = TOP + DOWN
    # What is said of the axes stands to the left and to the right of the block, or of all slices.
    left: float = LEFT
    right, beside = LEFT + ACROSS + DEPTH / 2, bottom
    if name == "input":
        drawing += _block(LEFT, TOP, ACROSS, DOWN, depth, fill={"fill_opacity": ".12"})
        drawing += _lines(0, 194, "Time runs to the right.")
    elif name == "output":
        drawing += _output(layer, depth)
    else:
        places, width, depth = _places(layer, depth)
        drawing += _slices(layer, places, width, depth, top_layer=name == "h_n")
        left, right, beside = places[0], places[-1] + width + depth, bottom - 18
    for index, (names, number) in enumerate(axes[name]):
        axis, size = f"axis {index}", f"{_dots(names)} = {sized(names, number, 'tspan')}"
        one_slice = names == "D*L" and evaluate(names, layer.sizes) == 1
        words = "slice" if one_slice else SHORT[names]
        if names == "B":
            drawing += _lines(right + 6, beside, axis, size, words)
        elif names == "T":
            below = f"{axis}: {size} {words}"
            drawing += _lines(LEFT + ACROSS / 2, bottom + 17, below, text_anchor="middle")
        elif names == "D*L":
            below = f"{axis}: {size} {words}"
            drawing += _lines(LEFT + ACROSS / 2, bottom + 29, below, text_anchor="middle")
        else:
            middle = TOP + DOWN / 2
            drawing += _lines(left - 8, middle - 10, axis, size, words, text_anchor="end")
    return drawing


def _lines(x: float, y: float, *lines: str, **attributes: object) -> str:
    texts = (svg_text(x, y + 14 * i, line) for i, line in enumerate(lines))
    return tag("g", *texts, **attributes)


def _output(layer: Layer, depth: float) -> str:
    """The block of ``output``; solid is what ``h_n`` holds as well."""
    step = 13
    height = DOWN / layer.sizes["D"]
    drawing, text = "", ["Solid: the last step, which is h_n[-1]."]
    if layer.bidirectional:
        below = TOP + height
        drawing += _block(LEFT, below, ACROSS, height, depth, lid=False, fill=_tint("orange", 0.25))
        drawing += _block(LEFT, below, step, height, 0, fill=_tint("orange", 0.9))
        text = ["Solid: the last step forward, h_n[-2],", "and the first step backward, h_n[-1]."]
    drawing += _block(LEFT, TOP, ACROSS, height, depth, fill=_tint("blue", 0.25))
    drawing += _block(LEFT + ACROSS - step, TOP, step, height, depth, fill=_tint("blue", 0.9))
    if layer.bidirectional:
        for i, way in enumerate(("forward →", "← backward")):
            y = TOP + height * (i + 0.5) + 4
            drawing += svg_text(LEFT + ACROSS / 2, y, way, text_anchor="middle")
    return drawing + _lines(0, 194, *text)


def _places(layer: Layer, depth: float) -> tuple[list[float], float, float]:
    """Where the slices of a state stand side by side, how wide they are and how deep."""
    number = layer.num_layers * layer.sizes["D"]
    pitch = ACROSS / number
    width = min(16.0, 0.45 * pitch)
    places = [LEFT + pitch * (i + 0.5) - width / 2 for i in range(number)]
    return places, width, min(0.7 * depth, 0.45 * pitch)


def _slices(layer: Layer, places: list[float], width: float, depth: float, top_layer: bool) -> str:
    """The slices of ``h_0`` or ``h_n``, one for each direction of each layer, in their order."""
    colours = ("blue", "orange")[: layer.sizes["D"]]
    drawing = names = ""
    slices = product(range(layer.num_layers), colours)
    for x, (number, colour) in zip(places, slices, strict=True):
        opacity = 0.9 if top_layer and number == layer.num_layers - 1 else 0.25
        drawing += _block(x, TOP, width, DOWN, depth, fill=_tint(colour, opacity))
    for number in range(layer.num_layers):
        x = LEFT + ACROSS * (number + 0.5) / layer.num_layers
        names += svg_text(x, TOP + DOWN + 13, f"l{number}")
    drawing += tag("g", names, font_size=10, text_anchor="middle")
    if top_layer:
        return drawing + _lines(0, 194, "Solid: the top layer, as in output.")
    order = "forward, then backward" if layer.bidirectional else "one slice"
    return drawing + _lines(0, 194, f"l0 is layer 0: {order}.", "Zeros, if left out.")


def shapes(
    *,
    input_size: int = 4,
    hidden_size: int = 6,
    num_layers: int = 1,
    bidirectional: bool = False,
    batch_first: bool = False,
    T: int = 5,
    B: int = 3,
    batched: bool = True,
) -> ShapesExplorer:
    """Choose a layer and its input, and see all shapes with the meaning of every axis.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bidirectional, batch_first
        As in ``torch.nn.RNN``, to start from.
    T, B : int
        Time steps and sequences of the input.
    batched : bool
        Without it the input is a single sequence, (T, I).

    Returns
    -------
    ShapesExplorer
        Let it be the last line of a cell to see it. In a notebook each shape comes from running
        ``torch.nn.RNN`` with the sizes chosen; the page multiplies names read off such runs.

    Raises
    ------
    ValueError
        If a size is below 1, or ``num_layers`` above 12.
    """
    return ShapesExplorer(
        Layer(input_size, hidden_size, num_layers, bidirectional, batch_first, T, B, batched)
    )
