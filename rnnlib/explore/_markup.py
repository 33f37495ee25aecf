"""HTML and SVG as text: elements, formulas, numbers, and the few shapes that the explorers draw."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import TypeVar

from torch import Tensor

State = TypeVar("State")
Point = tuple[float, float]

#: Two colours that the colour-blind can tell apart, at 3:1 or more on white and on black. The
#: page's style refines them; in a notebook there is no style of ours.
FILL = {"blue": "#2474b5", "orange": "#bd5b0c"}


def tag(name: str, /, *children: str, **attributes: object) -> str:
    """One element. ``aria_label=`` becomes ``aria-label=``, ``class_=`` becomes ``class=``."""
    written = ""
    for key, value in attributes.items():
        if isinstance(value, float):
            value = f"{value:.1f}".removesuffix(".0")
        if value is not None:
            key = key.rstrip("_").replace("_", "-")
            written += f" {key}" if value is True else f' {key}="{escape(str(value))}"'
    end = "" if name in ("img", "input") else f"</{name}>"
    return f"<{name}{written}>{''.join(children)}{end}"


def seen_in(name: str, markup: str, keys: Iterable[str], shown: str, **attributes: object) -> str:
    """One element that is seen only in the states ``keys``, while the present one is ``shown``."""
    keys = list(keys)
    if shown not in keys:  # an SVG has no `hidden`
        attributes |= {"display": "none"} if name == "g" else {"hidden": True}
    return tag(name, markup, data_in=" ".join(keys), **attributes)


def variants(
    name: str,
    states: Mapping[str, State],
    shown: str,
    render: Callable[[State], str],
    **attributes: object,
) -> str:
    """``render`` in every state, written once for all the states in which it comes out the same."""
    groups: dict[str, list[str]] = {}
    for key, state in states.items():
        groups.setdefault(render(state), []).append(key)
    return "".join(
        seen_in(name, markup, keys, shown, **attributes)
        for markup, keys in groups.items()
        if markup
    )


def scrolling_table(caption: str, header: Sequence[str], rows: str) -> str:
    """A table in a box of its own, which scrolls where the screen is narrow."""
    head = tag("tr", *(tag("th", name, scope="col") for name in header))
    return tag(
        "div",
        tag("table", tag("caption", caption), tag("thead", head), tag("tbody", rows)),
        class_="explorer-table",
        role="region",
        aria_label=re.sub("<.*?>", "", caption),
        tabindex=0,
    )


def row_cells(name: str, *cells: str) -> str:
    """What stands in one row of a table."""
    return tag("th", name, scope="row") + "".join(tag("td", text) for text in cells)


def sized(names: str, number: int, name: str = "span") -> str:
    """A number that the page's script computes anew from ``names``, as in ``D*H`` or ``H*I+H``."""
    return tag(name, str(number), data_size=names)


def html_math(text: str) -> str:
    """``h_{t}`` with its subscript, in HTML."""
    return re.sub(r"_\{(.*?)\}", r"<sub>\1</sub>", text)


def svg_math(text: str) -> str:
    """``h_{t}`` with its subscript, in SVG, where what follows has to be lifted back."""

    def lower(match: re.Match[str]) -> str:
        after = f'<tspan dy="-3">{match[2]}</tspan>' if match[2] else ""
        return f'<tspan dy="3" font-size="9">{match[1]}</tspan>{after}'

    return re.sub(r"_\{(.*?)\}([^_]*)", lower, text)


def signed_number(value: float) -> str:
    """``value`` with its sign and two decimals, or three digits where it is large."""
    text = f"{value:+.2f}" if abs(value) < 100 else f"{value:+.3g}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")


def vector(values: Tensor) -> str:
    return "(" + ", ".join(signed_number(value) for value in values.tolist()) + ")"


def svg(width: int, height: float, label: str, *children: str) -> str:
    return tag(
        "svg",
        *children,
        viewBox=f"0 0 {width} {height:g}",
        width=round(1.14 * width),
        role="img",
        aria_label=label,
        font_size=12,
        fill="currentColor",
    )


def svg_text(x: float, y: float, text: str, **attributes: object) -> str:
    return tag("text", text, x=x, y=y, **attributes)


def svg_title(x: float, y: float, math: str) -> str:
    return svg_text(x, y, svg_math(math), font_weight="bold")


def small_print(*texts: str, **attributes: object) -> str:
    """Indices and names beside the numbers."""
    return tag("g", *texts, font_size=10, fill_opacity=".8", **attributes)


def stroke(path: str, **attributes: object) -> str:
    return tag("path", d=path, fill="none", stroke="currentColor", **attributes)


def arrow(x: float, y: float, length: float, math: str) -> str:
    """An arrow to the right with its name above."""
    return stroke(f"M{x:g} {y:g}h{length:g}m-5 -4l5 4l-5 4") + svg_text(
        x + length / 2, y - 7, svg_math(math), font_size=11, text_anchor="middle"
    )


def rectangle(x: float, y: float, width: float, height: float) -> str:
    """Path of a rectangle; a negative width or height goes to the left or up."""
    return f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h{-width:.1f}z"


def disc(x: float, y: float, r: int) -> str:
    """Path of a disc."""
    return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"


def polyline(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def signed_paths(shapes: Iterable[tuple[float, str]]) -> str:
    """Paths, each with its value: orange where that is negative, blue elsewhere."""
    paths = {"blue": "", "orange": ""}
    for value, path in shapes:
        paths["orange" if value < 0 else "blue"] += path
    return "".join(tag("path", d=d, class_=c, fill=FILL[c]) for c, d in paths.items() if d)
