"""The bundled data sets are what the chapters say they are."""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Callable, Iterator
from pydoc_data.topics import topics
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.testing import assert_close

from rnnlib import data
from rnnlib.benchmark import compare

SEEDS = st.integers(0, 2**32)


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


@pytest.mark.parametrize("load", [data.basic_motions, data.japanese_vowels, data.digits])
def test_a_wrong_split_is_named(load: Callable[[str], Any]) -> None:
    with pytest.raises(ValueError, match="split is 'valid': choose 'train' or 'test'"):
        load("valid")


def test_japanese_vowels() -> None:
    lengths: list[int] = []
    for split, size in ("train", 270), ("test", 370):
        sequences, y, speakers = data.japanese_vowels(split)
        assert len(sequences) == len(y) == size
        assert speakers == list("123456789")
        assert y.dtype == torch.int64
        assert all(x.shape[1:] == (12,) and x.dtype == torch.float32 for x in sequences)
        assert all(x.isfinite().all() for x in sequences)
        lengths += map(len, sequences)
        # The counts of the archive's description.
        counts = [30] * 9 if split == "train" else [31, 35, 88, 44, 29, 24, 40, 50, 29]
        assert y.bincount().tolist() == counts
    assert (min(lengths), max(lengths)) == (7, 29)
    # The file's first number and, of the same utterance, the second coefficient's first.
    assert data.japanese_vowels("train")[0][0][0, :2].tolist() == pytest.approx(
        [1.860936, -0.207383]
    )


def test_japanese_vowels_belong_to_their_speakers() -> None:
    # Whose mean utterance is nearest? Far more often right than one in nine.
    (train, y_train, _), (test, y_test, _) = map(data.japanese_vowels, ("train", "test"))
    means = torch.stack([x.mean(0) for x in train])
    centres = torch.stack([means[y_train == k].mean(0) for k in range(9)])
    nearest = torch.cdist(torch.stack([x.mean(0) for x in test]), centres).argmin(1)
    assert (nearest == y_test).double().mean() > 0.8


def test_co2() -> None:
    years, ppm, measured = data.co2()
    assert years.shape == ppm.shape == measured.shape == (2284,)
    assert (years.dtype, ppm.dtype, measured.dtype) == (torch.float64, torch.float32, torch.bool)
    assert measured.sum() == 2284 - 59 == 2225
    assert [ppm.min().item(), ppm.max().item()] == pytest.approx([313.0, 373.9])
    week = 7 / 365.25
    assert_close(years.diff(), torch.full_like(years[1:], week), atol=1e-4, rtol=0.0)
    assert years[0].item() == pytest.approx(1958 + 87 / 365)  # 29 March
    assert years[-1].item() == pytest.approx(2001 + 362 / 365)  # 29 December
    # A gap repeats the last measurement, so that no week knows a later one.
    assert measured[0]
    gaps = (~measured).nonzero()[:, 0]
    assert torch.equal(ppm[gaps], ppm[gaps - 1])
    longest = max(map(len, re.findall("0+", "".join(str(int(m)) for m in measured))))
    assert longest == 18


def test_digits() -> None:
    (x, y), (x_test, y_test) = map(data.digits, ("train", "test"))
    assert x.shape == (data.DIGITS_TRAIN, 8, 8) == (1347, 8, 8)
    assert x_test.shape == (450, 8, 8)
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    assert len(y) == 1347
    assert len(y_test) == 450
    assert [x.min().item(), x.max().item()] == [0, 1]
    assert torch.equal(x * 16, (x * 16).round())
    assert y[:10].tolist() == list(range(10))
    assert set(y_test.tolist()) == set(range(10))
    # Rows run from the top: a seven has its bar above and its stem below.
    ink = x[y == 7].mean(0).sum(1)
    assert ink[:2].sum() > ink[-2:].sum()


def test_digits_next_to_each_other_look_alike() -> None:
    # Why the order of the file is kept: a shuffled split would put near copies on both sides.
    x = torch.cat([data.digits("train")[0], data.digits("test")[0]]).flatten(1)
    nearest = torch.cdist(x, x).fill_diagonal_(math.inf).argmin(1)
    near_in_file = (nearest - torch.arange(len(x))).abs() <= 140
    by_chance = 2 * 140 / len(x)
    assert near_in_file.double().mean() > 3 * by_chance


def test_reference_text_holds_every_paragraph_once() -> None:
    def words(text: str) -> list[tuple[str, ...]]:
        return [tuple(p.split()) for p in text.split("\n\n") if p.strip()]

    text = data.reference_text()
    found = words(text)
    assert len(set(found)) == len(found)
    assert set(found) == {p for topic in topics.values() for p in words(topic)}
    assert text.startswith(topics[min(topics)].split("\n\n")[0])
    # That is needed: the topics together hold many of them twice.
    assert len(found) < 0.9 * sum(len(words(topic)) for topic in topics.values())


def test_surnames() -> None:
    names = data.surnames()
    assert list(names) == list(data.SURNAME_LOCALES) == sorted(names)
    for own in names.values():
        assert own == sorted(set(own))
        assert len(own) >= 200
        assert all(re.fullmatch(r"(?:[^\W\d_]|[ '’-])+", name) for name in own)
    letters = {letter for own in names.values() for letter in "".join(own) if letter.isalpha()}
    assert max(letters) < "\u0250"  # Latin with its extensions A and B; no Greek, no Cyrillic
    for language, name in {"German": "Müller", "Finnish": "Virtanen", "English": "Smith"}.items():
        assert name in names[language]


def test_surnames_of_other_alphabets_and_with_other_signs_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from faker.providers.person.de_DE import Provider

    decomposed = "Zoe\u0308"
    odd = [decomposed, "Αλφα", "A1", "Berg, van", "Berg (jun.)", "A\tB", "-", "Ölz", "Abt", "Abt"]
    monkeypatch.setattr(Provider, "last_names", odd)
    assert uncached(data.surnames)()["German"] == ["Abt", "Zo\u00eb", "Ölz"]


LOADERS: dict[str, Callable[[], Any]] = {
    "sunspots": data.sunspots,
    "basic_motions": lambda: data.basic_motions("train"),
    "japanese_vowels": lambda: data.japanese_vowels("train"),
    "co2": data.co2,
    "digits": lambda: data.digits("train"),
    "surnames": data.surnames,
}


def uncached(load: Any) -> Any:
    return load.__wrapped__


def spoil(value: Any) -> None:
    if isinstance(value, Tensor):
        value.zero_()
    elif isinstance(value, dict):
        for part in value.values():
            spoil(part)
        value.clear()
    else:
        for part in value if not isinstance(value, str) else ():
            spoil(part)
        if isinstance(value, list):
            value.clear()


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Tensor):
        yield value.tolist()
    elif isinstance(value, dict):
        yield from leaves(list(value.items()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield value


@pytest.mark.parametrize("name", LOADERS)
def test_what_one_caller_spoils_no_other_sees(name: str) -> None:
    before = list(leaves(LOADERS[name]()))
    assert before
    spoil(LOADERS[name]())
    assert list(leaves(LOADERS[name]())) == before


@pytest.mark.parametrize(
    ("load", "module", "package"),
    [
        (data.sunspots, "statsmodels.datasets.sunspots", "statsmodels"),
        (data.basic_motions, "sktime.datasets", "sktime"),
        (data.japanese_vowels, "sktime.datasets", "sktime"),
        (data.co2, "statsmodels.datasets.co2", "statsmodels"),
        (data.digits, "sklearn.datasets", "scikit-learn"),
        (data.surnames, "faker.providers.person.hr_HR", "Faker"),
    ],
)
def test_a_missing_package_is_named_with_its_remedy(
    load: Any, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    arguments = ["train"] if "split" in inspect.signature(load).parameters else []
    with pytest.raises(ModuleNotFoundError) as caught:
        uncached(load)(*arguments)
    assert str(caught.value) == (
        f"{load.__name__}() needs the package {package}: "
        "install it with `pip install 'rnnlib[data]'`."
    )


def test_a_python_without_pydoc_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(ModuleNotFoundError, match="needs Python's own module pydoc_data"):
        data.reference_text()


def ragged(lengths: list[int], features: int, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(sum(lengths), features, dtype=torch.float64, generator=generator)
    return list(torch.split(100 + 5 * numbers, lengths))


LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=5)


@given(lengths=LENGTHS, features=st.integers(1, 4), seed=SEEDS)
def test_normaliser_is_the_standard_scaler_over_all_steps(
    lengths: list[int], features: int, seed: int
) -> None:
    sequences = ragged(lengths, features, seed)
    reference = StandardScaler().fit(torch.cat(sequences).numpy())
    forms: list[Any] = [
        sequences,
        tuple(sequences),
        pack_sequence(sequences, enforce_sorted=False),
        torch.cat(sequences),
        torch.cat(sequences)[None],
    ]
    for form in forms:
        scale = data.Normaliser(form)
        assert_close(scale.mean, torch.from_numpy(reference.mean_))
        assert_close(scale.std, torch.from_numpy(np.asarray(reference.scale_)))
    for mine, x in zip(scale(sequences), sequences, strict=True):
        assert_close(mine, torch.from_numpy(reference.transform(x.numpy())), rtol=1e-9, atol=1e-9)


@given(lengths=LENGTHS, features=st.integers(1, 4), seed=SEEDS)
def test_normaliser_there_and_back(lengths: list[int], features: int, seed: int) -> None:
    sequences = ragged(lengths, features, seed)
    copies = [x.clone() for x in sequences]
    scale = data.Normaliser(sequences)
    assert_close(scale.inverse(scale(sequences)), sequences)
    packed = pack_sequence(sequences, enforce_sorted=False)
    there = scale(packed)
    assert type(there) is PackedSequence
    assert_close(there.data, scale(packed.data))
    assert_close(scale.inverse(there).data, packed.data)
    assert there.unsorted_indices is packed.unsorted_indices
    assert all(map(torch.equal, sequences, copies))


@given(T=st.integers(2, 30), seed=SEEDS)
def test_normaliser_of_a_series(T: int, seed: int) -> None:
    series = ragged([T], 1, seed)[0][:, 0]  # (T,)
    scale = data.Normaliser(series)
    assert scale.mean.shape == scale.std.shape == ()
    scaled = scale(series)
    assert scaled.mean().item() == pytest.approx(0, abs=1e-9)
    assert scaled.std(correction=0).item() == pytest.approx(1)
    windows = series.expand(3, T)  # any shape will do
    assert_close(scale(windows)[1], scaled)
    assert_close(data.Normaliser([series, series]).std, scale.std)


@given(value=st.floats(-1e6, 1e6), n=st.integers(1, 50))
def test_normaliser_leaves_a_constant_without_a_division_by_nothing(value: float, n: int) -> None:
    x = torch.full((n, 1), value, dtype=torch.float64)  # of which the mean may be rounded
    scale = data.Normaliser(x)
    assert scale.std.item() == 1
    assert scale(x).abs().max() <= 1e-14 * n * abs(value)


def test_normaliser_keeps_types() -> None:
    assert data.Normaliser(torch.tensor([1.0, 2.0])).mean.dtype == torch.float32
    scale = data.Normaliser(torch.tensor([[1], [3]]))  # whole numbers, such as counts
    assert scale(torch.tensor([[2], [5]])).tolist() == [[0.0], [3.0]]
    assert repr(scale) == "Normaliser(mean=[2.0], std=[1.0])"


def test_normaliser_refuses() -> None:
    nothing: list[Any] = [[], torch.empty(0, 3)]
    for train in nothing:
        with pytest.raises(ValueError, match="no steps to learn from"):
            data.Normaliser(train)
    for number in math.nan, math.inf:
        with pytest.raises(ValueError, match="NaN or infinite"):
            data.Normaliser(torch.tensor([1.0, number]))
    scale = data.Normaliser(torch.randn(5, 3))
    for shape in (4, 1), (3, 4), ():
        with pytest.raises(ValueError, match="fitted on data with 3 features"):
            scale(torch.zeros(shape))


SHARES = st.lists(st.integers(1, 10), min_size=1, max_size=4).map(
    lambda parts: [part / sum(parts) for part in parts]
)


@given(T=st.integers(40, 200), fractions=SHARES, features=st.none() | st.integers(1, 3))
def test_split_in_time(T: int, fractions: list[float], features: int | None) -> None:
    series = torch.arange(T)
    series = series if features is None else series[:, None].expand(T, features)
    pieces = data.split_in_time(series, fractions)
    assert torch.equal(torch.cat(pieces), series)  # all of it, in order, nothing twice
    for piece, fraction in zip(pieces, fractions, strict=True):
        assert abs(len(piece) - fraction * T) <= 1


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ([0.5, 0.4], r"\(0.5, 0.4\): give positive ones that sum up to 1"),
        ([1.2, -0.2], "give positive ones"),
        ([], "give positive ones"),
        ([0.97, 0.03], "one of the 2 pieces empty: the series has 10 steps"),
    ],
)
def test_split_in_time_refuses(fractions: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data.split_in_time(torch.arange(10), fractions)


@given(
    length=st.integers(1, 6),
    horizon=st.integers(1, 4),
    more=st.integers(0, 20),
    features=st.none() | st.integers(1, 3),
)
def test_windows(length: int, horizon: int, more: int, features: int | None) -> None:
    T = length + horizon + more
    series = torch.randn(T) if features is None else torch.randn(T, features)
    x, y = data.windows(series, length, horizon)
    assert len(x) == len(y) == more + 1
    for n in range(more + 1):
        assert torch.equal(x[n], series[n : n + length])
        assert torch.equal(y[n], series[n + length : n + length + horizon])
    copy, last = series.clone(), y.clone()
    x.fill_(math.nan)  # neither the series nor a forecast nor another window changes
    assert torch.equal(series, copy)
    assert torch.equal(y, last)
    y[0] = math.inf
    assert torch.equal(y[1:], last[1:])
    assert torch.equal(series, copy)


@given(
    T=st.integers(60, 120),
    length=st.integers(1, 8),
    horizon=st.integers(1, 4),
    cut=st.floats(0.3, 0.7),
)
def test_nothing_of_the_future_leaks(T: int, length: int, horizon: int, cut: float) -> None:
    """Whatever the test period holds, nothing that training uses changes."""
    series = torch.arange(float(T))
    train, test = data.split_in_time(series, [cut, 1 - cut])
    other = series.clone()
    other[len(train) :] = 1e6
    other_train, _ = data.split_in_time(other, [cut, 1 - cut])
    for a, b in zip(
        data.windows(train, length, horizon),
        data.windows(other_train, length, horizon),
        strict=True,
    ):
        assert torch.equal(data.Normaliser(train)(a), data.Normaliser(other_train)(b))
    seen = {*torch.cat([part.flatten() for part in data.windows(train, length, horizon)]).tolist()}
    asked = {*data.windows(test, length, horizon)[1].flatten().tolist()}
    assert max(seen) < min(asked)


@pytest.mark.parametrize(("length", "horizon"), [(0, 1), (1, 0), (5, 6), (-1, 2)])
def test_windows_refuses(length: int, horizon: int) -> None:
    with pytest.raises(
        ValueError, match=f"length={length} and horizon={horizon} for a series of 10"
    ):
        data.windows(torch.arange(10), length, horizon)


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
