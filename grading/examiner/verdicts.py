"""From what a test cell said to points."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """The outcome of one test cell.

    Attributes
    ----------
    grade_id : str
        The name of the cell.
    points, max_points : float
    passed : bool
        Whether it earned all its points.
    message : str
        What the student may be told; empty if it passed, and for hidden tests.
    seconds : float
        Wall time, the calls of the student's functions included.
    detail : str
        What went wrong, for the instructor only: hidden tests too.
    """

    grade_id: str
    points: float
    max_points: float
    passed: bool
    message: str
    seconds: float
    detail: str = ""


def weigh(credit: float | int | str | None, max_points: float) -> tuple[float, str]:
    """Turn the value of a test cell's last line into points.

    Parameters
    ----------
    credit : float, int, str or None
        The value if it is a number, a description of it if it is not, None if there is none.
    max_points : float

    Returns
    -------
    points : float
        All of them without a value; the value, at most ``max_points``; 0 for what cannot be points.
    flag : str
        What was wrong with the value; empty if nothing was.
    """
    if credit is None:
        return max_points, ""
    if isinstance(credit, str):
        return 0.0, f"partial credit {credit} is not a number, counted as 0"
    if credit != credit or credit < 0 or credit == math.inf:
        return 0.0, f"partial credit {_brief(credit)} counted as 0"
    if credit > max_points:
        said = f"partial credit {_brief(credit)} counted as {max_points:g}, the most there is"
        return max_points, said
    return float(credit), ""


def _brief(number: float | int) -> str:
    """Write a number shortly; an int can be beyond every float, and beyond what str() takes."""
    try:
        return f"{number:g}"
    except OverflowError:
        return f"of {number.bit_length()} bits" if isinstance(number, int) else str(number)
