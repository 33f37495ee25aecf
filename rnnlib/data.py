"""Real sequences, read from files that come with installed packages: nothing is downloaded."""

from __future__ import annotations

import torch
from torch import Tensor

_INSTALL = "{} needs the package {}: install it with `pip install 'rnnlib[data]'`."


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
    Source: SIDC, Royal Observatory of Belgium, by way of ``statsmodels.datasets.sunspots``.
    """
    try:
        from statsmodels.datasets import sunspots as bundled
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_INSTALL.format("sunspots()", "statsmodels")) from error
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
    if split not in ("train", "test"):
        raise ValueError(f"split is {split!r}: choose 'train' or 'test'.")
    try:
        from sktime.datasets import load_basic_motions
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_INSTALL.format("basic_motions()", "sktime")) from error
    x, labels = load_basic_motions(split=split, return_type="numpy3d")  # x: (B, I, T)
    activities = sorted(str(name) for name in set(labels))
    y = torch.tensor([activities.index(name) for name in labels])
    return torch.tensor(x, dtype=torch.float32).transpose(1, 2).contiguous(), y, activities
