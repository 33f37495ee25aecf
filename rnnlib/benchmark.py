"""Time several ways of doing the same thing fairly: in one run, by turns, by medians."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import json
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile


def samples(
    functions: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 15,
    warmup: int = 3,
    wait: Callable[[], object] = lambda: None,
    progress: Callable[[], object] = lambda: None,
) -> dict[str, list[float]]:
    """Time of each call of each function, taken by turns.

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
    wait : callable
        Called before the clock is read. On a GPU, where a call returns before its work is done,
        give ``torch.cuda.synchronize``.
    progress : callable
        Called after each call, timed or not.

    Returns
    -------
    dict of str to list of float
        Seconds of each timed call, in the order given.

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
            progress()
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            wait()
            start = time.perf_counter()
            function()
            wait()
            seconds[name].append(time.perf_counter() - start)
            progress()
    return seconds


def compare(
    functions: Mapping[str, Callable[[], object]], *, rounds: int = 15, warmup: int = 3
) -> dict[str, float]:
    """Median time of each function, taken by turns.

    Parameters
    ----------
    functions, rounds, warmup
        As for :func:`samples`.

    Returns
    -------
    dict of str to float
        Median seconds a call, in the order given.

    Raises
    ------
    ValueError
        As for :func:`samples`.
    """
    taken = samples(functions, rounds=rounds, warmup=warmup)
    return {name: statistics.median(times) for name, times in taken.items()}


def peak_memory(run: Callable[[], object], device: torch.device | str = "cpu") -> float:
    """MB that a call holds at its worst moment beyond what it finds, by PyTorch's allocator."""
    run()  # what is made only once, such as .grad, is there before
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        torch.cuda.synchronize(device)
        return (torch.cuda.max_memory_allocated(device) - before) / 1e6
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        run()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.json")
        recorded.export_chrome_trace(str(path))
        events = json.loads(path.read_text(encoding="utf8"))["traceEvents"]
    held = peak = 0
    for event in sorted((e for e in events if e["name"] == "[memory]"), key=lambda e: e["ts"]):
        held += event["args"]["Bytes"]
        peak = max(peak, held)
    return peak / 1e6


def processor() -> str:
    """Name of the CPU, as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def provenance(command: str, device: torch.device | str = "cpu") -> dict[str, str]:
    """Say where, when and with what a measurement was taken.

    Parameters
    ----------
    command : str
        What measures it again.
    device : torch.device or str
        What it ran on.

    Returns
    -------
    dict of str to str
        The command, the date, and the names and versions of what it ran on.
    """
    device = torch.device(device)
    where = {"command": command, "date": datetime.date.today().isoformat()}
    if device.type == "cuda":
        where |= {
            "device": torch.cuda.get_device_name(device),
            "driver": _driver(),
            "CUDA": str(torch.version.cuda),
            "cuDNN": str(torch.backends.cudnn.version()),
        }
    else:
        where |= {"device": processor(), "threads": str(torch.get_num_threads())}
    where |= {"python": platform.python_version(), "torch": torch.__version__}
    if importlib.util.find_spec("triton"):
        where["Triton"] = importlib.metadata.version("triton")
    return where


def _driver() -> str:
    """Version of the NVIDIA driver."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return shown.split()[0]
