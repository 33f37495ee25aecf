"""Time several ways of doing the same thing fairly: in one run, by turns, by medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def compare(
    functions: Mapping[str, Callable[[], object]], *, rounds: int = 15, warmup: int = 3
) -> dict[str, float]:
    """Median time of each function, taken by turns.

    The functions run one after the other, round after round, so that a machine that gets slower or
    faster in between does so for all of them alike.

    Parameters
    ----------
    functions : mapping of str to callable
        What to time, by name. Each is called without arguments.
    rounds : int
        Timed calls of each function.
    warmup : int
        Calls of each function before the clock runs.

    Returns
    -------
    dict of str to float
        Median seconds a call, in the order given.

    Raises
    ------
    ValueError
        If `functions` is empty or `rounds` is not positive.
    """
    if not functions or rounds < 1:
        raise ValueError(
            f"compare() got {len(functions)} functions and rounds={rounds}: "
            "give at least one of each."
        )
    for _ in range(warmup):
        for function in functions.values():
            function()
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}
