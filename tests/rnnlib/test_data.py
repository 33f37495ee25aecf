"""The bundled data sets are what the chapters say they are."""

from __future__ import annotations

import pytest
import torch

from rnnlib import data
from rnnlib.benchmark import compare


def test_sunspots() -> None:
    years, activity = data.sunspots()
    assert torch.equal(years, torch.arange(1700, 2009))
    assert activity.shape == (309,)
    assert activity.dtype == torch.float32
    assert activity[years == 1957].item() == pytest.approx(190.2)  # the highest on record


@pytest.mark.parametrize("split", ["train", "test"])
def test_basic_motions(split: str) -> None:
    x, y, activities = data.basic_motions(split)
    assert x.shape == (40, 100, 6)
    assert len(data.BASIC_MOTIONS_CHANNELS) == x.shape[2]
    assert activities == ["badminton", "running", "standing", "walking"]
    assert torch.equal(torch.bincount(y), torch.full((4,), 10))
    # Who stands moves least: labels and recordings belong together, time runs along axis 1.
    movement = torch.stack([x[y == k].diff(dim=1).abs().mean() for k in range(4)])
    assert movement.argmin() == activities.index("standing")
    assert movement.argmax() == activities.index("running")


def test_basic_motions_names_the_wrong_split() -> None:
    with pytest.raises(ValueError, match="split is 'valid': choose 'train' or 'test'"):
        data.basic_motions("valid")


def test_compare_takes_turns() -> None:
    calls: list[str] = []
    times = compare(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3, warmup=1
    )
    assert calls == ["a", "b"] * 4
    assert list(times) == ["a", "b"]
    assert all(seconds >= 0 for seconds in times.values())


def test_compare_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="at least one of each"):
        compare({})
