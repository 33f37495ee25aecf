"""The picture that goes with a link to the book, where people share one."""

from __future__ import annotations

import textwrap
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

NAME = "preview.png"
INK, GROUND, SIGNAL = "#1b2a3a", "#f6f8fa", "#0b4f8a"


def draw(title: str, path: Path) -> None:
    """Write 1200 by 630 pixels: the title, and a cell that passes its state along four steps."""
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=GROUND)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 12), ylim=(0, 6.3))
    axes.axis("off")
    wrapped = "\n".join(textwrap.wrap(title, 24))
    axes.text(0.9, 5.5, wrapped, fontsize=44, weight="bold", color=INK, va="top")
    arrow = {"arrowstyle": "-|>", "color": SIGNAL, "linewidth": 3, "mutation_scale": 26}
    for step in range(4):
        x = 1.5 + 2.6 * step
        box = FancyBboxPatch((x - 0.6, 1.5), 1.2, 0.9, "round,pad=0.1", fc="white", ec=INK, lw=3)
        axes.add_patch(box)
        axes.text(x, 1.95, f"$h_{step + 1}$", fontsize=30, ha="center", va="center", color=INK)
        axes.text(x, 0.4, f"$x_{step + 1}$", fontsize=26, ha="center", va="center", color=INK)
        axes.annotate("", (x, 1.4), (x, 0.7), arrowprops=arrow)
        if step < 3:
            axes.annotate("", (x + 1.9, 1.95), (x + 0.7, 1.95), arrowprops=arrow)
    figure.savefig(path)
