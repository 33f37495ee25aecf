"""Limits come from the instructor and make sense."""

from __future__ import annotations

from typing import Any

import pytest

from grading.sandbox.limits import Limits


def test_an_assignment_sets_some() -> None:
    limits = Limits(cell_seconds=5).raised({"grading": {"memory_bytes": 7}})
    assert (limits.cell_seconds, limits.memory_bytes) == (5, 7)
    assert Limits().raised({"kernelspec": {}}) == Limits()


def test_an_unknown_one() -> None:
    with pytest.raises(ValueError, match="no limit second; there are cell_seconds, "):
        Limits().raised({"grading": {"second": 1}})


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "30", None, True])
def test_no_number(value: Any) -> None:
    with pytest.raises(ValueError, match="the limit cell_seconds is"):
        Limits(cell_seconds=value)
