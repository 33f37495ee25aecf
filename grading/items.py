"""Item analysis: which questions are hard, which tell students apart, what goes wrong."""

from __future__ import annotations

import io
import statistics
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from grading.records import Record
from grading.writer import CellMark, write_atomically

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Item:
    """What a class did with one question.

    Attributes
    ----------
    name : str
    points : float
        What it is worth.
    answers : int
        Submissions in which it has been graded.
    difficulty : float or None
        Mean share of its points that was earned: 1 if everybody has all of them.
    discrimination : float or None
        Correlation of its points with the points of all other questions. Near 0 or below, it does
        not measure what the others measure. None if there is no spread.
    message : str
        What failed most often.
    times : int
        How often.
    seconds : float
        Mean time of its tests.
    """

    name: str
    points: float
    answers: int
    difficulty: float | None
    discrimination: float | None
    message: str
    times: int
    seconds: float

    @property
    def short_name(self) -> str:
        """The name without the notebook."""
        return self.name.partition("/")[2]


def analyse(
    questions: dict[str, float], graded: list[tuple[Record, dict[str, CellMark]]]
) -> list[Item]:
    """Compute the statistics of each question.

    Parameters
    ----------
    questions : dict of str to float
        The points of each.
    graded : list of (Record, dict of str to CellMark)
        Submissions that could be graded, with the marks of each question.

    Notes
    -----
    Difficulty and corrected item-total correlation as in Crocker and Algina, *Introduction to
    Classical and Modern Test Theory* (1986), chapter 14.
    """
    verdicts = [
        {f"{Path(v.notebook).stem}/{v.grade_id}": v for v in record.questions}
        for record, _ in graded
    ]
    items = []
    for name, points in questions.items():
        scores, rests = [], []
        for _, cells in graded:
            if name in cells and not cells[name].needs_manual:
                scores.append(cells[name].score)
                rests.append(sum(cell.score for other, cell in cells.items() if other != name))
        found = [of_student[name] for of_student in verdicts if name in of_student]
        messages = Counter(v.detail for v in found if not v.passed and v.detail)
        message, times = messages.most_common(1)[0] if messages else ("", 0)
        items.append(
            Item(
                name,
                points,
                len(scores),
                statistics.fmean(scores) / points if scores and points else None,
                _correlation(scores, rests),
                message,
                times,
                statistics.fmean(v.seconds for v in found) if found else 0.0,
            )
        )
    return items


def _correlation(x: list[float], y: list[float]) -> float | None:
    if len(x) < 3 or min(x) == max(x) or min(y) == max(y):
        return None
    return statistics.correlation(x, y)


def write_page(
    path: Path,
    assignment: str,
    max_score: float,
    scores: list[float],
    items: list[Item],
    submissions: int,
) -> None:
    """Write the analysis as a page that loads nothing and runs nothing."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    page = environment.get_template("report.html.j2").render(
        assignment=assignment,
        css=Markup((TEMPLATES / "course_feedback" / "style.css").read_text(encoding="utf-8")),
        items=items,
        max_score=max_score,
        scores=scores,
        submissions=submissions,
        mean=statistics.fmean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        histogram=Markup(histogram(scores, max_score)) if scores else "",
        bars=Markup(bars(items)) if scores else "",
    )
    write_atomically(path, page)


def histogram(scores: list[float], max_score: float) -> str:
    """Draw how many students have how many points, as SVG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.2, 2.6), layout="constrained")
    axes = figure.subplots()
    steps = min(30, max(1, round(max_score)))
    axes.hist(scores, bins=steps, range=(0, max_score), color="#0072B2", rwidth=0.9)
    axes.set(xlabel="points", ylabel="students", xlim=(0, max_score))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    middle = statistics.median(scores)
    label = (
        f"Histogram of the points of {len(scores)} students, from {min(scores):g} to "
        f"{max(scores):g} of {max_score:g}, median {middle:g}."
    )
    return _svg(figure, label)


def bars(items: list[Item]) -> str:
    """Draw difficulty and discrimination of each question side by side, as SVG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 0.9 + 0.3 * len(items)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    rows = range(len(items))
    left.barh(rows, [item.difficulty or 0 for item in items], color="#0072B2")
    left.set(xlim=(0, 1), xlabel="share of points earned")
    left.set_yticks(rows, [item.short_name for item in items])
    left.invert_yaxis()
    right.barh(rows, [item.discrimination or 0 for item in items], color="#D55E00")
    right.axvline(0, color="#000000", linewidth=0.8)
    right.set(xlim=(-1, 1), xlabel="correlation with the rest")
    label = "Two bars for each question: share of points earned, and correlation with the rest. "
    return _svg(figure, label + "The numbers are in the table below.")


def _svg(figure: object, label: str) -> str:
    """Return a figure as SVG that takes the colour of the text around it, with its description."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    text = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "grading"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace("#000000", "currentColor")
    svg = svg.replace("<svg ", '<svg fill="currentColor" ', 1)
    return f'<div class="figure" role="img" aria-label="{Markup.escape(label)}">{svg}</div>'
