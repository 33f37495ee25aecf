"""The points of a test cell are a number between 0 and its points."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.examiner.verdicts import weigh


@given(st.floats() | st.integers() | st.text() | st.none(), st.floats(0, 100))
def test_points_are_in_range_and_oddities_are_flagged(
    credit: float | int | str | None, most: float
) -> None:
    points, flag = weigh(credit, most)
    assert 0 <= points <= most
    proper = credit is None or (not isinstance(credit, str) and 0 <= credit <= most)
    assert bool(flag) != proper
    if proper:
        assert points == (most if credit is None else credit)


@pytest.mark.parametrize(
    ("credit", "points", "flag"),
    [
        (math.nan, 0, "partial credit nan counted as 0"),
        (-1, 0, "partial credit -1 counted as 0"),
        (math.inf, 0, "partial credit inf counted as 0"),
        (7, 4, "partial credit 7 counted as 4, the most there is"),
        (10**400, 4, "partial credit of 1329 bits counted as 4, the most there is"),
        ("str 'abc'", 0, "partial credit str 'abc' is not a number, counted as 0"),
    ],
)
def test_what_is_said(credit: float | int | str, points: float, flag: str) -> None:
    assert weigh(credit, 4) == (points, flag)
