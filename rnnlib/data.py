"""Real sequences, read from files that come with installed packages: nothing is downloaded.

Each file is read once. Every call returns a copy, so what one caller writes into it no other sees.

The second half prepares sequences for a network and keeps the test data out of it: a
:class:`Normaliser` fitted on training data, a split in order of time, and windows for forecasting.

Letters for sizes: T steps, B sequences, I features, N windows.
"""

from __future__ import annotations

import copy
import functools
import importlib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _read_once(load: Callable[_P, _R]) -> Callable[_P, _R]:
    """Keep what a loader returns, and give every caller a deep copy of it."""
    read: Callable[..., _R] = functools.cache(load)

    @functools.wraps(load)
    def copied(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        return copy.deepcopy(read(*args, **kwargs))

    return copied


def _import(module: str, package: str, caller: str) -> Any:
    """Import what the caller reads its data from, or say in one sentence how to get it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{caller}() needs the package {package}: install it with `pip install 'rnnlib[data]'`."
        ) from error


def _index(labels: Iterable[str]) -> tuple[Tensor, list[str]]:
    """Each label's place among the names, as int64, and the names in alphabetical order."""
    labels = [str(label) for label in labels]
    names = sorted(set(labels))
    return torch.tensor([names.index(label) for label in labels]), names


def _check_split(split: str) -> None:
    if split not in ("train", "test"):
        raise ValueError(f"split is {split!r}: choose 'train' or 'test'.")


@_read_once
def sunspots() -> tuple[Tensor, Tensor]:
    """Yearly mean sunspot numbers, 1700 to 2008.

    Returns
    -------
    years : Tensor, shape (309,), int64
    activity : Tensor, shape (309,), float32
        Mean number of sunspots in that year, from 0 to 190.2.

    Raises
    ------
    ModuleNotFoundError
        If statsmodels, whose bundled data set this is, is not installed.

    Notes
    -----
    Source: SIDC, Royal Observatory of Belgium, by way of ``statsmodels.datasets.sunspots``, which
    states that the data is in the public domain.
    """
    bundled = _import("statsmodels.datasets.sunspots", "statsmodels", "sunspots")
    table = bundled.load_pandas().data
    years = torch.tensor(table["YEAR"].to_numpy(), dtype=torch.int64)
    return years, torch.tensor(table["SUNACTIVITY"].to_numpy(), dtype=torch.float32)


#: The six channels of :func:`basic_motions`, in order.
BASIC_MOTIONS_CHANNELS = (
    "acceleration x",
    "acceleration y",
    "acceleration z",
    "rotation x",
    "rotation y",
    "rotation z",
)


@_read_once
def basic_motions(split: str) -> tuple[Tensor, Tensor, list[str]]:
    """Ten seconds of a smart watch's sensors during one of four activities.

    Parameters
    ----------
    split : {'train', 'test'}
        40 recordings each, ten of every activity.

    Returns
    -------
    x : Tensor, shape (40, 100, 6) = (B, T, I), float32
        Accelerometer and gyroscope, three axes each, ten samples a second.
    y : Tensor, shape (40,), int64
        Index into ``activities``.
    activities : list of str
        The four names, in alphabetical order.

    Raises
    ------
    ValueError
        If `split` is neither 'train' nor 'test'.
    ModuleNotFoundError
        If sktime, whose bundled data set this is, is not installed.

    Notes
    -----
    Source: 'BasicMotions' of the UEA archive (Bagnall et al., 2018).
    """
    _check_split(split)
    bundled = _import("sktime.datasets", "sktime", "basic_motions")
    x, labels = bundled.load_basic_motions(split=split, return_type="numpy3d")  # x: (B, I, T)
    y, activities = _index(labels)
    return torch.tensor(x, dtype=torch.float32).transpose(1, 2).contiguous(), y, activities


@_read_once
def japanese_vowels(split: str) -> tuple[list[Tensor], Tensor, list[str]]:
    """Nine men say two Japanese vowels, one after the other: who is it?

    Parameters
    ----------
    split : {'train', 'test'}
        270 utterances, 30 of each speaker; or 370, of a speaker between 24 and 88.

    Returns
    -------
    sequences : list of Tensors of shape (T_i, 12), float32
        Twelve LPC cepstrum coefficients a frame (no unit), for 7 to 29 frames.
    y : Tensor of shape (270,) or (370,), int64
        Index into ``speakers``.
    speakers : list of str
        '1' to '9'.

    Raises
    ------
    ValueError
        If `split` is neither 'train' nor 'test'.
    ModuleNotFoundError
        If sktime, whose bundled data set this is, is not installed.

    Notes
    -----
    Source: 'JapaneseVowels' of the UEA archive (Bagnall et al., 2018), from Kudo, Toyama and Shimbo
    (1999), Multidimensional curve classification using passing-through regions, Pattern
    Recognition Letters 20. Given to the UCI archive, which publishes it under CC BY 4.0. A frame
    is 25.6 ms long, and one begins every 6.4 ms.
    """
    _check_split(split)
    bundled = _import("sktime.datasets", "sktime", "japanese_vowels")
    tables, labels = bundled.load_japanese_vowels(split=split, return_type="df-list")
    y, speakers = _index(labels)
    return [torch.tensor(t.to_numpy(), dtype=torch.float32) for t in tables], y, speakers


@_read_once
def co2() -> tuple[Tensor, Tensor, Tensor]:
    """Weekly carbon dioxide in the air above Mauna Loa, Hawaii, March 1958 to December 2001.

    Returns
    -------
    years : Tensor of shape (2284,), float64
        The Saturday that the week belongs to, as a year with a fraction: 1958.25 is early April.
    ppm : Tensor of shape (2284,), float32
        Parts per million by volume, from 313.0 to 373.9.
    measured : Tensor of shape (2284,), bool
        False in the 59 weeks without a measurement; `ppm` repeats the last one there.

    Raises
    ------
    ModuleNotFoundError
        If statsmodels, whose bundled data set this is, is not installed.

    Notes
    -----
    A gap could be filled by a line to the next measurement, but that would tell the weeks before
    it what comes after. The last measurement is what a forecaster would have had. Leave
    weeks that were not measured out of a score: a forecast of 'the same as before' is right there
    for no merit of its own. The longest gap has 18 weeks, in 1964.

    Source: Keeling and Whorf (2004), Scripps Institution of Oceanography and Carbon Dioxide
    Information Analysis Center, by way of ``statsmodels.datasets.co2``, which states that the data
    is in the public domain.
    """
    table = _import("statsmodels.datasets.co2", "statsmodels", "co2").load_pandas().data
    days, weeks = table.index, table["co2"]
    years = days.year + (days.dayofyear - 1) / (365 + days.is_leap_year)
    return (
        torch.tensor(years.to_numpy(), dtype=torch.float64),
        torch.tensor(weeks.ffill().to_numpy(), dtype=torch.float32),
        torch.tensor(weeks.notna().to_numpy()),
    )


#: How many of the 1797 images :func:`digits` gives for training.
DIGITS_TRAIN = 1347


@_read_once
def digits(split: str) -> tuple[Tensor, Tensor]:
    """Handwritten digits, to be read row by row: a sequence of 8 rows of 8 pixels.

    Parameters
    ----------
    split : {'train', 'test'}
        The first 1347 images, or the last 450. The source has no split of its own, and its order
        is kept: neighbours in it look alike, as if by the same hand, and a shuffle would put
        them on both sides.

    Returns
    -------
    x : Tensor of shape (1347, 8, 8) or (450, 8, 8) = (B, T, I), float32
        Rows from the top, pixels from the left; ink from 0 to 1 in sixteenths.
    y : Tensor of shape (1347,) or (450,), int64
        The digit, 0 to 9.

    Raises
    ------
    ValueError
        If `split` is neither 'train' nor 'test'.
    ModuleNotFoundError
        If scikit-learn, whose bundled data set this is, is not installed.

    Notes
    -----
    Source: Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI archive (CC
    BY 4.0), of which ``sklearn.datasets.load_digits`` bundles the part by 13 writers.
    """
    _check_split(split)
    table = _import("sklearn.datasets", "scikit-learn", "digits").load_digits()
    part = slice(None, DIGITS_TRAIN) if split == "train" else slice(DIGITS_TRAIN, None)
    x = torch.tensor(table.images[part] / 16, dtype=torch.float32)
    return x, torch.tensor(table.target[part], dtype=torch.int64)


def reference_text() -> str:
    """Python's language reference as plain text, topic by topic in alphabetical order.

    Returns
    -------
    str
        Some hundred thousand characters of English prose and Python: what ``help('if')`` and its
        like show. Paragraphs are set apart by an empty line, and each stands there once.

    Raises
    ------
    ModuleNotFoundError
        If this Python was installed without its module ``pydoc_data``.

    Notes
    -----
    The topics repeat one another, whole sections at a time: 'compound' has 'with' and 'try' in
    it. A paragraph is kept only where it comes first, or a model would be tested on text that it
    was trained on.

    The text belongs to the Python that runs: another version has other topics, another length and
    other characters. Count them; do not assume them.

    Source: the Python documentation, copyright Python Software Foundation, PSF licence version 2;
    its examples also under the zero-clause BSD licence.
    """
    try:
        from pydoc_data.topics import topics
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "reference_text() needs Python's own module pydoc_data, which this Python came "
            "without: install a complete one."
        ) from error
    paragraphs: dict[str, str] = {}
    for name in sorted(topics):
        for paragraph in topics[name].strip("\n").split("\n\n"):
            # The same but for its indentation is the same.
            paragraphs.setdefault(" ".join(paragraph.split()), paragraph)
    return "\n\n".join(paragraphs.values())


#: The languages of :func:`surnames`, each with the list in Faker that is taken for it. All are
#: written in Latin letters, and each list has some hundred names or more.
SURNAME_LOCALES = {
    "Croatian": "hr_HR",
    "Czech": "cs_CZ",
    "Dutch": "nl_NL",
    "English": "en_GB",
    "Estonian": "et_EE",
    "Finnish": "fi_FI",
    "French": "fr_FR",
    "German": "de_DE",
    "Irish": "ga_IE",
    "Italian": "it_IT",
    "Spanish": "es_ES",
    "Swedish": "sv_SE",
}


@_read_once
def surnames() -> dict[str, list[str]]:
    """Surnames by language, for guessing the language of a name from its letters.

    Returns
    -------
    dict of str to list of str
        The languages of :data:`SURNAME_LOCALES`; for each its surnames, every one once, in the
        order of their code points. They consist of Latin letters, spaces, hyphens and apostrophes.

    Raises
    ------
    ModuleNotFoundError
        If Faker, whose lists these are, is not installed.

    Notes
    -----
    Some names stand in several languages, and some in one by immigration: no classifier gets all
    right. The lists differ in length, so compare an accuracy with that of always
    answering the longest. Another version of Faker may have other names.

    Source: ``faker.providers.person`` (MIT licence), whose files name where each list is from.
    """
    names = {}
    for language, locale in SURNAME_LOCALES.items():
        provider = _import(f"faker.providers.person.{locale}", "Faker", "surnames").Provider
        composed = (unicodedata.normalize("NFC", name) for name in provider.last_names)
        names[language] = sorted({name for name in composed if _is_latin_name(name)})
    return names


def _is_latin_name(name: str) -> bool:
    letters = re.sub("[ '’-]", "", name)
    return letters != "" and all("LATIN" in unicodedata.name(letter, "") for letter in letters)


Batch = TypeVar("Batch", Tensor, PackedSequence, list[Tensor])


class Normaliser:
    """Shift and scale every feature by the mean and standard deviation it has in training data.

    Fit it on the training data alone and use it on all: fitted on everything, it would tell the
    model about the test data.

    Parameters
    ----------
    train : Tensor, PackedSequence or sequence of Tensors
        (T,) or a list of (T_i,) is one feature; (..., I) or a list of (T_i, I) is I features, with
        mean and deviation over all other axes. Do not pass a padded batch, whose padding would
        count: pack it, or pass the sequences as a list.

    Attributes
    ----------
    mean, std : Tensor of shape (I,), or () for one feature without an axis
        `std` is that of the population, and 1 for a feature that never changes.

    Raises
    ------
    ValueError
        If there are no steps, or one is NaN or infinite.

    Examples
    --------
    >>> scale = Normaliser(torch.tensor([1.0, 3.0]))
    >>> scale(torch.tensor([1.0, 2.0, 5.0]))
    tensor([-1.,  0.,  3.])
    """

    def __init__(self, train: Tensor | PackedSequence | Sequence[Tensor]) -> None:
        if isinstance(train, PackedSequence):
            steps = train.data
        elif isinstance(train, Tensor):
            steps = train
        else:
            steps = torch.cat(list(train)) if len(train) else torch.empty(0)
        if steps.numel() == 0:
            raise ValueError("Normaliser got no steps to learn from: give it training data.")
        if not steps.isfinite().all():
            raise ValueError(
                "Normaliser got NaN or infinite numbers: fill or drop them in the training data."
            )
        # (N, I), or (N, 1); in float64, as a mean over many steps loses digits.
        table = steps.reshape(-1, steps.shape[-1] if steps.dim() > 1 else 1).double()
        std = table.std(0, correction=0)
        # Compared, as rounding may leave a constant with a deviation that is not quite 0.
        std[table.amin(0) == table.amax(0)] = 1.0
        shape = steps.shape[-1:] if steps.dim() > 1 else ()
        dtype = steps.dtype if steps.is_floating_point() else torch.get_default_dtype()
        self.mean = table.mean(0).reshape(shape).to(dtype)
        self.std = std.reshape(shape).to(dtype)

    def __call__(self, x: Batch) -> Batch:
        """Normalise.

        Parameters
        ----------
        x : Tensor of shape (..., I), PackedSequence, or list of such Tensors
            Left as it is. Of any shape if there is one feature without an axis.

        Returns
        -------
        of the type of `x`

        Raises
        ------
        ValueError
            If `x` has not as many features as the training data had.
        """
        return self._apply(lambda steps: (steps - self.mean) / self.std, x)

    def inverse(self, x: Batch) -> Batch:
        """Undo the call: back to the units of the data.

        Parameters, result and errors are those of the call.
        """
        return self._apply(lambda steps: steps * self.std + self.mean, x)

    def _apply(self, function: Callable[[Tensor], Tensor], x: Batch) -> Batch:
        if isinstance(x, PackedSequence):
            return x._replace(data=self._apply(function, x.data))
        if isinstance(x, list):
            return [self._apply(function, sequence) for sequence in x]
        if x.shape[x.dim() - self.mean.dim() :] != self.mean.shape:
            raise ValueError(
                f"Normaliser got a tensor of shape {tuple(x.shape)}, but was fitted on data with "
                f"{len(self.mean)} features: its last axis must have as many."
            )
        return function(x)

    def __repr__(self) -> str:
        return f"Normaliser(mean={self.mean.tolist()}, std={self.std.tolist()})"


def split_in_time(series: Tensor, fractions: Sequence[float]) -> tuple[Tensor, ...]:
    """Cut a series into consecutive pieces, as for training, validation and test.

    A model that will be asked about the future must be tested on what came after its training
    data, not on steps picked from in between.

    Parameters
    ----------
    series : Tensor of shape (T, ...)
        In order of time.
    fractions : sequence of float
        The share of each piece, for instance (0.7, 0.15, 0.15). Their sum is 1.

    Returns
    -------
    tuple of Tensors
        One piece a fraction, with every step in exactly one. They are views of the series.

    Raises
    ------
    ValueError
        If a fraction is not positive, their sum is not 1, or a piece would be empty.
    """
    if not all(f > 0 for f in fractions) or not math.isclose(sum(fractions), 1, abs_tol=1e-6):
        raise ValueError(
            f"split_in_time got the fractions {tuple(fractions)}: give positive ones that sum up "
            "to 1."
        )
    cuts = [round(share * len(series)) for share in accumulate(fractions, initial=0.0)]
    if any(start == end for start, end in pairwise(cuts)):
        raise ValueError(
            f"split_in_time would leave one of the {len(fractions)} pieces empty: "
            f"the series has {len(series)} steps only."
        )
    return tuple(series[start:end] for start, end in pairwise(cuts))


def windows(series: Tensor, length: int, horizon: int) -> tuple[Tensor, Tensor]:
    """Lay every window over a series: some steps to see, and those that follow to forecast.

    Parameters
    ----------
    series : Tensor of shape (T, ...)
        In order of time. Split it first: windows cut from a whole series overlap, so that those
        of the training set would hold steps that the test set asks for.
    length : int
        How many steps to see.
    horizon : int
        How many steps after these to forecast.

    Returns
    -------
    x : Tensor of shape (N, length, ...), with N = T - length - horizon + 1
        Entry n sees the steps from n to n + length - 1.
    y : Tensor of shape (N, horizon, ...)
        Entry n holds the steps from n + length to n + length + horizon - 1. Both are copies.

    Raises
    ------
    ValueError
        If `length` or `horizon` is less than 1, or the series has fewer than length + horizon
        steps.

    Examples
    --------
    >>> windows(torch.arange(5), length=3, horizon=1)
    (tensor([[0, 1, 2],
            [1, 2, 3]]), tensor([[3],
            [4]]))
    """
    N = len(series) - length - horizon + 1
    if length < 1 or horizon < 1 or N < 1:
        raise ValueError(
            f"windows got length={length} and horizon={horizon} for a series of {len(series)} "
            "steps: give at least 1 of each, and together no more than the series has."
        )
    steps = torch.arange(len(series), device=series.device)
    seen = steps[:N, None] + steps[:length]  # (N, length)
    asked = steps[:N, None] + length + steps[:horizon]  # (N, horizon)
    return series[seen], series[asked]
