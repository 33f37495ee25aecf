"""One look for every figure of the course, and the figures that several chapters draw.

Each drawing function takes the axes to draw on, or makes a figure of its own, and returns the axes,
so that a caller can go on: ``plots.history(history).set_title("Sunspots")``.

Letters for sizes: B sequences in the batch, T steps, H = hidden_size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle, product
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import torch
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from .packing import length_mask
from .training import History

# Okabe and Ito's palette: told apart in every common form of colour blindness, and in grey.
BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
GREY = "#6E7781"

#: Colour, dash and mark of the lines of one figure, so that no line is told by its colour alone.
LINES = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (GREY, ":", "D"))


def use_style() -> None:
    """Set matplotlib's defaults for the course: sharp SVG, real text, quiet axes.

    In a notebook figures become SVG; elsewhere only the defaults change.
    """
    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            # Transparent here and not only when saved: a dark JupyterLab then sees that the dark
            # text needs a light ground, as the book's own dark mode gives it.
            "axes.facecolor": "none",
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, GREY]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "figure.figsize": (7.2, 2.8),
            "font.size": 10,
            "grid.alpha": 0.25,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "svg.fonttype": "none",  # text stays text
            "svg.hashsalt": "rnnlib",  # the same figure gives the same bytes
        }
    )
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ModuleNotFoundError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})


def history(history: History, name: str = "loss", *, ax: Axes | None = None) -> Axes:
    """Draw what was measured in training, and on the validation data, over the epochs.

    Parameters
    ----------
    history : History
        What :func:`rnnlib.training.fit` returned.
    name : str
        What to draw: ``"loss"``, or the name of a metric.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        Two lines, told apart by dash and mark as well as by colour, and a dotted line at the
        epoch of the lowest validation loss if there was validation data.

    Raises
    ------
    KeyError
        If nothing of that name was measured.
    """
    ax = _axes(ax)
    epochs = range(1, len(history) + 1)
    marks: dict[str, Any] = {"markersize": 4, "markevery": max(1, len(epochs) // 20)}
    ax.plot(epochs, history[name], "-o", color=BLUE, label="training", **marks)
    if (validation := f"validation {name}") in history.values:
        ax.plot(epochs, history[validation], "--s", color=ORANGE, label="validation", **marks)
        best = f"best epoch: {history.best_epoch}"
        ax.axvline(history.best_epoch, color=GREY, linestyle=":", label=best)
        ax.legend()
    ax.set(xlabel="epoch", ylabel=name)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def gradient_norms(
    norms: Tensor | Mapping[str, Tensor],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much of the gradient is left so many steps before the end, on a logarithmic axis.

    A straight line is a gradient that each step backwards multiplies by the same factor.

    Parameters
    ----------
    norms : Tensor of shape (T,), or mapping of str to such Tensors
        Norm of the loss's gradient with respect to the state at each time, such as
        :func:`rnnlib.gradients.gradient_norms` gives; or several of these by name.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        One line a tensor. Gaps are norms that are 0, which such an axis cannot show, or not finite.
    """
    ax = _axes(ax)
    named = {"": norms} if isinstance(norms, Tensor) else norms
    for (name, values), (color, dash, mark) in zip(named.items(), cycle(LINES), strict=False):
        shown = values.detach().cpu().double()
        shown = shown.where(shown > 0, math.nan)
        lags = range(len(shown) - 1, -1, -1)
        every = max(1, len(shown) // 12)
        ax.plot(lags, shown, color=color, linestyle=dash, marker=mark, markevery=every, label=name)
    ax.set(yscale="log", xlabel="lag: steps before the last one", ylabel="norm of ∂loss / ∂h")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not isinstance(norms, Tensor):
        ax.legend()
    return ax


def lengths(lengths: Tensor | Sequence[int], *, ax: Axes | None = None) -> Axes:
    """Draw how many sequences there are of each length.

    Parameters
    ----------
    lengths : integer Tensor of shape (B,), or sequence of int
        Steps of each sequence.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        The title says what share of a batch of all of them would be padding.
    """
    ax = _axes(ax)
    steps = torch.as_tensor(lengths, device="cpu")
    counts = steps.bincount().tolist()
    ax.bar(range(len(counts)), counts, width=0.85, color=BLUE)
    ax.set(
        xlabel="length of a sequence (steps)",
        ylabel="sequences",
        xlim=(int(steps.min()) - 1, int(steps.max()) + 1),
        title=f"{len(steps)} sequences; in one padded batch {_padding(steps)} is padding",
    )
    ax.grid(axis="x", visible=False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    return ax


def packing_grid(
    lengths: Tensor | Sequence[int], *, packed: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw a batch of sequences cell by cell: as it is padded, or in the order it is packed.

    Parameters
    ----------
    lengths : integer Tensor of shape (B,), or sequence of int
        Steps of each sequence. Up to some 12 sequences of 20 steps can be read.
    packed : bool
        Whether to sort the sequences, the longest first, and to write in each cell which row of
        the packed data it becomes. Below each time then stands how many sequences are running:
        ``batch_sizes``.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        Time to the right, one row a sequence; padding is hatched.
    """
    steps = torch.as_tensor(lengths, device="cpu")
    order = torch.arange(len(steps), device="cpu")
    if packed:
        order = steps.argsort(descending=True, stable=True)
    mask = length_mask(steps[order], batch_first=True)  # (B, T)
    B, T = mask.shape
    # Packed data lies time by time, so the cells are counted down the columns.
    place = mask.T.flatten().cumsum(0).unflatten(0, (T, B)).T - 1  # (B, T)
    ax = _axes(ax, figsize=(min(7.2, 1.4 + 0.42 * T), 0.9 + 0.36 * B))
    data: dict[str, Any] = {"facecolor": BLUE}
    padding: dict[str, Any] = {"facecolor": "none", "edgecolor": GREY, "hatch": "////", "lw": 0.6}
    label: dict[str, Any] = {"color": "white", "size": 9, "ha": "center", "va": "center"}
    for b, t in product(range(B), range(T)):
        look = data if mask[b, t] else padding
        ax.add_patch(Rectangle((t - 0.45, b - 0.42), 0.9, 0.84, **look))
        if packed and mask[b, t]:
            ax.text(t, b, str(int(place[b, t])), **label)
    ticks = [f"{t}\n{int(n)}" if packed else f"{t}" for t, n in enumerate(mask.sum(0))]
    ax.set(
        xlim=(-0.6, T - 0.4),
        ylim=(B - 0.4, -0.6),
        xlabel="time step t, and below it batch_sizes[t]" if packed else "time step t",
        ylabel="sequence",
        title=f"{int(mask.sum())} rows of packed data; the hatched cells are left out"
        if packed
        else f"{B} × {T} = {mask.numel()} cells, {_padding(steps)} of them padding",
    )
    ax.set_xticks(range(T), ticks)
    ax.set_yticks(range(B), order.tolist())
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def states(states: Tensor, *, limit: float | None = 1.0, ax: Axes | None = None) -> Axes:
    """Draw the states of one sequence over time, as a heat map.

    Parameters
    ----------
    states : Tensor of shape (T, H)
        Such as the output of a layer for one sequence.
    limit : float or None
        The strongest colours stand for -limit and limit. 1 is what a state that went through tanh
        cannot exceed; None takes the largest number there is.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        Time to the right, one row a hidden number; orange is negative, purple positive, white 0.

    Raises
    ------
    ValueError
        If `states` does not have two axes.
    """
    if states.dim() != 2:
        raise ValueError(
            f"plots.states draws one sequence, (T, H), but got shape {tuple(states.shape)}: "
            "choose a sequence, such as output[:, 0]."
        )
    T, H = states.shape
    values = states.detach().cpu().double()
    limit = float(values.abs().max()) if limit is None else limit
    ax = _axes(ax, figsize=(7.2, min(5.0, 1.4 + 0.16 * H)))
    image = ax.imshow(
        values.T.numpy(),
        aspect="auto",
        cmap="PuOr",
        vmin=-limit,
        vmax=limit,
        interpolation="nearest",
        extent=(-0.5, T - 0.5, H - 0.5, -0.5),
    )
    ax.figure.colorbar(image, ax=ax, label="state h")
    ax.set(xlabel="time step t", ylabel="hidden number")
    ax.grid(visible=False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    return ax


def ladder(
    seconds: Mapping[str, float], *, reference: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how long several ways of doing the same thing take, as bars.

    Parameters
    ----------
    seconds : mapping of str to float
        Seconds a call, by name, such as :func:`rnnlib.benchmark.compare` gives.
    reference : str, optional
        One of the names: beside each bar then stands how many times as fast as it that way is.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        One bar a name, from the top in the order given, its time written beside it; in
        milliseconds, or microseconds if all are below one.

    Raises
    ------
    ValueError
        If `reference` is not one of the names.
    """
    if reference is not None and reference not in seconds:
        raise ValueError(f"There is no {reference!r} among {list(seconds)} to compare with.")
    ax = _axes(ax, figsize=(7.2, 0.9 + 0.4 * len(seconds)))
    unit, scale = ("ms", 1e3) if max(seconds.values()) >= 1e-3 else ("µs", 1e6)
    times = [scale * value for value in seconds.values()]
    colors = [ORANGE if name == reference else BLUE for name in seconds]
    bars = ax.barh(list(seconds), times, height=0.62, color=colors)
    for bar, time in zip(bars, times, strict=True):
        text = f"{time:.3g} {unit}"
        if reference is not None:
            text += f", {scale * seconds[reference] / time:.2f}×"
        ax.annotate(
            text,
            (time, bar.get_y() + bar.get_height() / 2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    faster = "" if reference is None else f"; ×: times as fast as {reference}"
    ax.set(xlabel=f"time a call ({unit}){faster}", xlim=(0, 1.25 * max(times)))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return ax


def _axes(ax: Axes | None, figsize: tuple[float, float] | None = None) -> Axes:
    return plt.subplots(figsize=figsize)[1] if ax is None else ax


def _padding(steps: Tensor) -> str:
    """The share of padding in a batch of sequences of so many steps."""
    return f"{1 - float(steps.sum()) / (len(steps) * int(steps.max())):.0%}".replace("%", " %")
