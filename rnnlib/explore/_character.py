"""The explorer of a character model: a network that reads what is typed, also without a kernel."""

from __future__ import annotations

import base64
import copy
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, TypeVar

import ipywidgets as widgets
import torch
from torch import Tensor, nn

from rnnlib.explore._base import Explorer
from rnnlib.explore._markup import (
    FILL,
    rectangle,
    row_cells,
    scrolling_table,
    signed_paths,
    small_print,
    stroke,
    svg,
    svg_text,
    svg_title,
    tag,
)

Network = TypeVar("Network", bound=nn.Module)

#: Levels of a weight at each side of 0: it travels to the page as one printable character.
LEVELS = 45
#: The character of the level 0: those of all levels lie between the blank and the last of ASCII.
ZERO = 80
#: More weights would make the page heavier than 250 kB.
MOST_WEIGHTS = 160_000
#: The longest text that the page reads.
MOST_CHARACTERS = 1000
#: How many characters "Write on" adds.
WRITES = 40

WIDTH = 300  # of each drawing, in units of its text: a phone shows them about one to one
LEFT = 24  # where squares begin, right of the numbers of the units
COLUMNS = 16  # squares side by side
PITCH = (WIDTH - LEFT) / COLUMNS
TOP = 22  # where a drawing begins, below its title
LINE, LINES = 30, 4  # characters in a line of the track, and lines that are seen
LINE_HEIGHT = 42
BAR = 11  # half the height of the bars below a line
NEXT = 10  # how many of the next characters have a bar

#: Parts of the model that are matrices; the others are biases.
MATRICES = ("embedding", "W_ih", "W_hh", "head")
KINDS = {1: "RNN", 3: "GRU", 4: "LSTM"}  # by the number of blocks in W_ih


# -- one character a weight ------------------------------------------------------------------------


def _levels(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Whole numbers from -45 to 45 (rows, columns), and what each row counts in (rows,)."""
    unit = weight.abs().amax(1).clamp(min=torch.finfo(weight.dtype).tiny) / LEVELS
    return (weight / unit[:, None]).round(), unit


@torch.no_grad()
def rounded(network: Network) -> Network:
    """A copy of a network whose matrices have 91 levels a row, as a page can carry them.

    Parameters
    ----------
    network : nn.Module
        Is left as it is.

    Returns
    -------
    nn.Module
        In each row of a matrix the weights are whole numbers from -45 to 45 times one number, the
        row's largest magnitude over 45. Parameters with one axis, such as biases, stay.
    """
    copied = copy.deepcopy(network)
    for parameter in copied.parameters():
        if parameter.dim() == 2:
            levels, unit = _levels(parameter)
            parameter.copy_(levels * unit[:, None])
    return copied


def _base64(values: Tensor) -> str:
    """The numbers in single precision, the lowest byte first, as text."""
    return base64.b64encode(values.detach().cpu().numpy().astype("<f4").tobytes()).decode()


# -- what the network makes of a text --------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What a character model holds after it has read a text of N characters.

    Attributes
    ----------
    text : str
        As the model sees it: characters that it does not know are its first one.
    p : Tensor of shape (C,)
        Probabilities of the next character, at the temperature that was asked for.
    h : Tensor of shape (H,)
        The hidden state after the last character.
    c : Tensor of shape (H,) or None
        The cell state of an LSTM.
    memory : Tensor of shape (N, H)
        What each unit keeps after each character: tanh(c) in an LSTM, else h.
    """

    text: str
    p: Tensor
    h: Tensor
    c: Tensor | None
    memory: Tensor


def spoken(character: str) -> str:
    """What a screen reader can say for a character."""
    if character.isalnum():
        return f"capital {character}" if character.isupper() else character
    names = {"\n": "new line", "\t": "tab", "_": "underscore"}
    other = unicodedata.name(character, f"character {ord(character)}").lower()
    return names.get(character, other)


class CharacterModelExplorer(Explorer):
    """A character model that reads what is typed. Made by `character_model`."""

    css_class = "explorer character-model"

    def __init__(
        self,
        embedding: nn.Embedding,
        layer: Any,
        head: nn.Linear,
        vocabulary: Sequence[str],
        text: str,
        unit: int,
    ) -> None:
        self.kind = _check(embedding, layer, head, vocabulary)
        if not text:
            raise ValueError("explore.character_model needs a text to begin with; got an empty one")
        if not 0 <= unit < layer.hidden_size:
            raise ValueError(f"unit has to be from 0 to {layer.hidden_size - 1}, but is {unit}")
        self.vocabulary, self.text, self.unit = list(vocabulary), text, unit
        # What the page carries, the widget and `read` use as well.
        self.embedding, self.layer, self.head = map(rounded, (embedding, layer, head))
        self.code_of = {character: code for code, character in enumerate(self.vocabulary)}
        self.names = ["unknown", *map(spoken, self.vocabulary[1:])]
        self.label = (
            f"Explorer: predicting the next character by {self.kind}, {layer.hidden_size} units"
        )

    def _codes(self, text: str) -> list[int]:
        return [self.code_of.get(character, 0) for character in text]

    @torch.no_grad()
    def _states(self, codes: list[int], state: Any = None) -> list[tuple[Tensor, ...]]:
        """The states after each character, (h,) or (h, c), each (H,)."""
        states = []
        for x_t in self.embedding(torch.tensor(codes, device=self.head.weight.device)):  # (E,)
            _, state = self.layer(x_t[None], state)  # one step, unbatched: x (1, E), h (1, H)
            states.append(tuple(part[0] for part in (state if self.kind == "LSTM" else (state,))))
        return states

    @torch.no_grad()
    def _chances(self, h: Tensor, temperature: float) -> Tensor:
        p: Tensor = (self.head(h) / temperature).softmax(-1)
        return p

    def read(self, text: str, temperature: float = 1.0) -> Reading:
        """Read a text character by character, from an empty state.

        Parameters
        ----------
        text : str
            At least one character.
        temperature : float
            Divides the scores before the softmax.

        Returns
        -------
        Reading
        """
        codes = self._codes(text)
        states = self._states(codes)
        memory = [state[1].tanh() if self.kind == "LSTM" else state[0] for state in states]
        h, *c = states[-1]
        seen = "".join(self.vocabulary[code] for code in codes)
        return Reading(
            seen, self._chances(h, temperature), h, c[0] if c else None, torch.stack(memory)
        )

    def write_on(self, text: str, temperature: float, generator: torch.Generator) -> str:
        """The text with some more characters, drawn with the model's probabilities."""
        state = self._states(self._codes(text))[-1]
        for _ in range(WRITES):
            code = int(self._chances(state[0], temperature).multinomial(1, generator=generator))
            text += self.vocabulary[code]
            before = tuple(part[None] for part in state)  # (1, H)
            state = self._states([code], before if self.kind == "LSTM" else before[0])[-1]
        return text

    # -- the page ----------------------------------------------------------------------------------

    @property
    def _parameters(self) -> dict[str, Tensor]:
        """The parameters by the names of the equations; a bias that is missing is zeros."""
        layer, head = self.layer, self.head
        found = {
            "embedding": self.embedding.weight,
            "W_ih": layer.weight_ih_l0,
            "W_hh": layer.weight_hh_l0,
            "b_ih": layer.bias_ih_l0 if layer.bias else None,
            "b_hh": layer.bias_hh_l0 if layer.bias else None,
            "head": head.weight,
            "b_head": head.bias,
        }
        sizes = {"b_ih": layer.weight_ih_l0, "b_hh": layer.weight_hh_l0, "b_head": head.weight}
        return {
            name: sizes[name].new_zeros(len(sizes[name])) if value is None else value
            for name, value in found.items()
        }

    def _data(self) -> dict[str, object]:
        weights: dict[str, Any] = {}
        for name, value in self._parameters.items():
            if name in MATRICES:
                levels, unit = _levels(value.detach())
                text = "".join(chr(ZERO + int(level)) for level in levels.flatten().tolist())
                weights[name] = {"levels": text, "unit": _base64(unit)}
            else:
                weights[name] = _base64(value)
        model = {
            "kind": self.kind,
            "nonlinearity": getattr(self.layer, "nonlinearity", "tanh"),
            "vocabulary": self.vocabulary,
            "names": self.names,
            "weights": weights,
        }
        return {"data_model": json.dumps(model, ensure_ascii=False, separators=(",", ":"))}

    def _controls(self) -> str:
        last = self.layer.hidden_size - 1
        field = {"maxlength": MOST_CHARACTERS, "rows": 3, "spellcheck": "false"}
        field |= {"autocapitalize": "off", "autocomplete": "off", "autocorrect": "off"}
        typed = tag("textarea", escape("\n" + self.text), name="text", **field)
        warm = tag("input", type="range", name="temperature", min=0.1, max=2, step=0.1, value=1)
        number = {"type": "number", "min": 0, "max": last, "required": True}
        unit = tag("input", name="unit", value=self.unit, **number)
        return (
            tag("label", "Type here ", typed, class_="character-text")
            + tag("label", "temperature ", warm, tag("span", "1.0", aria_hidden="true"))
            + tag("label", "unit ", unit)
            + tag("button", "Write on", type="button", data_write=WRITES)
            + tag("button", "Clear", type="button", data_clear=True)
        )

    def _everything(self) -> str:
        count = sum(parameter.numel() for parameter in self._parameters.values())
        note = (
            f"Computed by torch when this page was made, for the text “{escape(self.text)}”. With "
            f"JavaScript the network itself, {count:,} weights, runs in this page on what you type."
        )
        seen = self.read(self.text)
        return (
            self._view(seen, self.unit)
            + tag("p", note, class_="character-note")
            + tag("details", tag("summary", "All numbers as tables"), self._tables(seen))
        )

    @cached_property
    def widget(self) -> Any:
        wide = {"style": {"description_width": "initial"}}
        text = widgets.Textarea(
            value=self.text, description="Type here", rows=3, layout={"width": "95%"}, **wide
        )
        temperature = widgets.FloatSlider(
            value=1.0, min=0.1, max=2.0, step=0.1, description="temperature", **wide
        )
        unit = widgets.BoundedIntText(
            value=self.unit, max=self.layer.hidden_size - 1, description="unit", **wide
        )
        write, clear = widgets.Button(description="Write on"), widgets.Button(description="Clear")
        view = widgets.HTML()
        generator = torch.Generator(self.head.weight.device)
        generator.seed()

        def show(*_: object) -> None:
            if text.value:
                seen = self.read(text.value[-MOST_CHARACTERS:], temperature.value)
                view.value = self._view(seen, unit.value)
            else:
                view.value = tag("p", "Nothing read yet: type something.")

        def write_on(*_: object) -> None:
            text.value = self.write_on(text.value or "\n", temperature.value, generator)

        for control in (text, temperature, unit):
            control.observe(show, "value")
        write.on_click(write_on)
        clear.on_click(lambda _: setattr(text, "value", ""))
        show()
        return widgets.VBox([text, widgets.HBox([temperature, unit, write, clear]), view])

    # -- the drawing -------------------------------------------------------------------------------

    def _view(self, seen: Reading, unit: int) -> str:
        """The likeliest next characters, the states, and the track of one unit."""
        words = tag("div", tag("p", self._words(seen)), class_="explorer-words", role="status")
        states = _squares("h", "hidden state h after the last character", seen.h, unit)
        kept = f"unit {unit}: h after each character"
        if seen.c is not None:
            states += _squares("c", "tanh of the cell state c", seen.c.tanh(), unit)
            kept = f"unit {unit}: tanh(c) after each character"
        return words + tag(
            "div",
            self._next(seen.p),
            states,
            _track(kept, seen.text, seen.memory[:, unit].tolist()),
            class_="explorer-drawings",
        )

    def _best(self, p: Tensor) -> list[int]:
        """Codes of the likeliest characters, the likeliest first."""
        order: list[int] = p.argsort(descending=True, stable=True)[:NEXT].tolist()
        return order

    def _words(self, seen: Reading) -> str:
        three = (f"{self.names[code]} {seen.p[code]:.1%}" for code in self._best(seen.p)[:3])
        return f"Most likely next: {escape(', '.join(three))}."

    def _shown(self, code: int) -> str:
        character = self.vocabulary[code]
        return escape(self.names[code] if character.isspace() else character)

    def _next(self, p: Tensor) -> str:
        """One row with a bar for each of the likeliest characters."""
        rows = ""
        for code in self._best(p):
            bar = tag(
                "rect", width=100 * p[code].item(), height=10, class_="blue", fill=FILL["blue"]
            )
            drawn = tag(
                "svg", bar, viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true"
            )
            rows += tag("tr", row_cells(self._shown(code), drawn, f"{p[code]:.1%}"))
        head = "".join(tag("th", name, scope="col") for name in ("next", "bar", "probability"))
        caption = tag("caption", "The next character")
        table = caption + tag("thead", tag("tr", head)) + tag("tbody", rows)
        return tag("table", table, class_="character-next")

    def _tables(self, seen: Reading) -> str:
        """All probabilities, and the state of every unit."""
        chances = "".join(
            tag("tr", row_cells(self._shown(code), f"{value:.6f}"))
            for code, value in enumerate(seen.p.tolist())
        )
        tables = [("p", "Probability of each next character", ["next", "probability"], chances)]
        states = [("h", "Hidden state h", seen.h)]
        if seen.c is not None:
            states.append(("c", "tanh of the cell state c", seen.c.tanh()))
        for key, title, values in states:
            rows = "".join(
                tag("tr", row_cells(f"{first}–{first + len(some) - 1}", *some))
                for first, some in _groups([f"{value:.4f}" for value in values.tolist()], 8)
            )
            tables.append((key, title, ["units", *"01234567"], rows))
        return "".join(
            tag("div", scrolling_table(title, header, rows), data_numbers=key)
            for key, title, header, rows in tables
        )


def _groups(items: Sequence[str], size: int) -> Iterable[tuple[int, Sequence[str]]]:
    """The items in groups, each with the place of its first one."""
    return ((first, items[first : first + size]) for first in range(0, len(items), size))


def _squares(key: str, title: str, values: Tensor, unit: int) -> str:
    """One square a unit, its area the magnitude of its value, its colour the sign."""
    numbers = values.tolist()
    rows = -(-len(numbers) // COLUMNS)
    limit = max(1.0, *map(abs, numbers))

    def middle(j: int) -> tuple[float, float]:
        return LEFT + PITCH * (j % COLUMNS + 0.5), TOP + PITCH * (j // COLUMNS + 0.5)

    def square(j: int, side: float) -> str:
        x, y = middle(j)
        return rectangle(x - side / 2, y - side / 2, side, side)

    shapes = (
        (value, square(j, 0.9 * PITCH * (abs(value) / limit) ** 0.5))
        for j, value in enumerate(numbers)
    )
    names = (
        svg_text(0, TOP + PITCH * (row + 0.5) + 3.5, str(row * COLUMNS)) for row in range(rows)
    )
    return svg(
        WIDTH,
        TOP + PITCH * rows + 2,
        f"The {title}: a square for each unit, blue if positive, orange if negative. "
        "The numbers stand in the table below.",
        svg_title(0, 13, title),
        small_print(*names),
        tag("g", signed_paths(shapes), data_squares=key),
        stroke(square(unit, PITCH), stroke_width="1.5", data_chosen=key),
    )


def _track(title: str, text: str, values: Sequence[float]) -> str:
    """The end of the text, and below each character a bar for what one unit holds after it."""
    first = max(0, -(-len(text) // LINE) - LINES) * LINE  # whole lines go, so that none moves
    limit = max(1.0, *map(abs, values))
    pitch = WIDTH / LINE
    lines, bars = "", []
    for row in range(LINES):
        start, y = first + row * LINE, TOP + row * LINE_HEIGHT + 12
        visible = (_visible(character) for character in text[start : start + LINE])
        places = " ".join(f"{pitch * (k + 0.5):g}" for k in range(LINE))
        lines += tag("text", escape("".join(visible)), x=places, y=y)
        zero = y + 5 + BAR
        for k, value in enumerate(values[start : start + LINE]):
            height = -BAR * value / limit
            bars.append((value, rectangle(pitch * k + 1, zero, pitch - 2, height)))
    axes = "".join(f"M0 {TOP + row * LINE_HEIGHT + 17 + BAR}H{WIDTH}" for row in range(LINES))
    return svg(
        WIDTH,
        TOP + LINES * LINE_HEIGHT,
        "The end of the text. Below each character a bar shows what the unit holds after it.",
        tag("text", escape(title), x=0, y=13, font_weight="bold", data_title=True),
        tag("g", lines, data_lines=True, font_family="monospace", text_anchor="middle"),
        stroke(axes, stroke_opacity=".35"),
        tag("g", signed_paths(bars), data_track=True),
    )


def _visible(character: str) -> str:
    """A character as one that takes its place in a drawing."""
    return {"\n": "↵", "\t": "→", " ": "\u00a0"}.get(character, character)


def _check(embedding: Any, layer: Any, head: Any, vocabulary: Sequence[str]) -> str:
    """Which kind of layer it is; an error if the parts do not fit one another."""
    name = "explore.character_model"
    if not isinstance(embedding, nn.Embedding) or not isinstance(head, nn.Linear):
        raise TypeError(
            f"{name} takes an nn.Embedding, a recurrent layer and an nn.Linear, but got "
            f"{type(embedding).__name__}, {type(layer).__name__} and {type(head).__name__}"
        )
    weight = getattr(layer, "weight_ih_l0", None)
    kind = KINDS.get(len(weight) // layer.hidden_size) if weight is not None else None
    if kind is None:
        raise TypeError(f"{name} runs an RNN, LSTM or GRU layer, but got {type(layer).__name__}")
    if layer.num_layers != 1 or layer.bidirectional or layer.proj_size:
        raise ValueError(f"{name} runs one layer in one direction without projection, not {layer}")
    C, H = len(vocabulary), layer.hidden_size
    shapes = [tuple(embedding.weight.shape), (layer.input_size, H), tuple(head.weight.shape)]
    E = layer.input_size
    if shapes != [(C, E), (E, H), (C, H)]:
        raise ValueError(
            f"a vocabulary of {C} characters and a layer from {E} to {H} features need an "
            f"embedding of shape ({C}, {E}) and a head of shape ({C}, {H}), but they are "
            f"{shapes[0]} and {shapes[2]}"
        )
    if C < 2 or len(set(vocabulary)) < C or any(len(character) != 1 for character in vocabulary):
        raise ValueError(
            "vocabulary has to hold at least two different single characters, the first of which "
            "stands for all that are not in it"
        )
    parts = [*embedding.parameters(), *layer.parameters(), *head.parameters()]
    count = sum(parameter.numel() for parameter in parts)
    if count > MOST_WEIGHTS:
        raise ValueError(
            f"a page carries at most {MOST_WEIGHTS:,} weights, but this model has {count:,}: "
            "choose a smaller hidden_size"
        )
    if not all(parameter.isfinite().all() for parameter in parts):
        raise ValueError(f"{name} got weights that are NaN or infinite: train the model again")
    return kind


def character_model(
    embedding: nn.Embedding,
    layer: Any,
    head: nn.Linear,
    vocabulary: Sequence[str],
    text: str,
    unit: int = 0,
) -> CharacterModelExplorer:
    """Type, and watch a character model predict what comes next, and what it keeps in its state.

    The published page carries the weights and runs the network in the reader's browser; a notebook
    runs it by torch. Both use the weights rounded by :func:`rounded`.

    Parameters
    ----------
    embedding : nn.Embedding
        C characters, E features.
    layer : RNN, LSTM or GRU
        Of torch.nn or rnnlib: one layer, one direction, from E to H features.
    head : nn.Linear
        From H features to C scores.
    vocabulary : sequence of str
        The C characters in the order of their codes. The first stands for all that are not in it.
    text : str
        What has been typed at the beginning.
    unit : int
        The unit that is followed along the text at the beginning.

    Returns
    -------
    CharacterModelExplorer
        Let it be the last line of a cell to see it. Its ``read(text)`` gives the probabilities
        (C,) and the states (H,) after a text.

    Raises
    ------
    TypeError
        If a part is of another kind.
    ValueError
        If the parts do not fit one another or the vocabulary, there is no text or no such unit,
        there are more than 160,000 weights, or one is NaN or infinite.
    """
    return CharacterModelExplorer(embedding, layer, head, vocabulary, text, unit)
