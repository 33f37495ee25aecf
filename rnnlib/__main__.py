"""``python -m rnnlib``: what is installed here, and whether the layers agree with torch.nn's.

Every layer is held against its counterpart by :func:`rnnlib.verify`, outputs and all gradients, on
each backend, with several options, padded, packed and unbatched. The exit status is 0 if all agree
and 1 if one does not, which is then shown in full.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

import rnnlib
from rnnlib import Report, verify
from rnnlib.backends import BACKENDS

#: By the name in the table: the class in both packages, and its options.
LAYERS: dict[str, tuple[str, dict[str, Any]]] = {
    "RNN, tanh": ("RNN", {"nonlinearity": "tanh"}),
    "RNN, relu": ("RNN", {"nonlinearity": "relu"}),
    "LSTM": ("LSTM", {}),
    "LSTM, projected": ("LSTM", {"proj_size": 2}),
    "GRU": ("GRU", {}),
}
CELLS = ("RNNCell", "LSTMCell", "GRUCell")
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"bias": False},
    {"batch_first": True},
    {"bidirectional": True},
    {"num_layers": 3, "bidirectional": True, "dropout": 0.5},
)
I, H = 5, 4
#: Compiled when it is first called, which takes longer than all the rest.
SLOW = ("compile",)
DTYPES = (torch.float64, torch.float32)
HEADINGS = ("layer", "backend", "on", "calls", "float64", "float32", "verdict")
ROW = "{:<16} {:<8} {:<5} {:>5} {:>8} {:>8}  {}"


def versions() -> dict[str, str]:
    """What a report of a fault should name."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "rnnlib": rnnlib.__version__,
        "torch": torch.__version__,
        "numpy": version("numpy"),
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "CPU": f"{_cpu()}, {torch.backends.cpu.get_cpu_capability()}",
        "threads": f"{torch.get_num_threads()} of {os.cpu_count()}",
        "GPU": f"{', '.join(gpus)}, CUDA {torch.version.cuda}" if gpus else "none that torch sees",
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def inputs(dtype: torch.dtype, device: str, batch_first: bool) -> Iterator[Any]:
    """A padded batch, the same sequences packed, and one of them alone."""
    generator = torch.Generator().manual_seed(0)
    sequences = [torch.randn(n, I, generator=generator).to(device, dtype) for n in (3, 6, 1, 6)]
    yield nn.utils.rnn.pad_sequence(sequences, batch_first)
    yield pack_sequence(sequences, enforce_sorted=False)
    yield sequences[0]


def check_layer(name: str, backend: str, dtype: torch.dtype, device: str) -> Iterator[Report]:
    """Compare a layer on one backend with torch.nn's, in all that is checked here."""
    kind, options = LAYERS[name]
    for more in OPTIONS:
        given = {**options, **more, "dtype": dtype, "device": device}
        if device != "cpu":
            given["dropout"] = 0.0  # cuDNN drops other numbers
        mine = getattr(rnnlib, kind)(I, H, **given, backend=backend)
        reference = getattr(nn, kind)(I, H, **given)
        for x in inputs(dtype, device, bool(more.get("batch_first"))):
            yield verify(mine, reference, x)


def check_cell(name: str, dtype: torch.dtype, device: str) -> Iterator[Report]:
    """Compare a cell with torch.nn's."""
    for bias in (True, False):
        given: dict[str, Any] = {"bias": bias, "dtype": dtype, "device": device}
        yield verify(getattr(rnnlib, name)(I, H, **given), getattr(nn, name)(I, H, **given))


def has_run(report: Report) -> bool:
    """Whether the backend took the call, and did not say that it is not made for such."""
    return not str(report.exception).startswith("The backend ")


def row_of(reports: dict[torch.dtype, list[Report]]) -> tuple[str, ...]:
    """Sum reports up: how many, the largest error in each precision, the verdict."""
    errors = []
    for dtype in DTYPES:
        found = [row.error for report in reports.get(dtype, []) for row in report.rows]
        # max() would pass over a NaN, which stands for what cannot be compared.
        errors.append("–" if not found or any(map(math.isnan, found)) else f"{max(found):.0e}")
    count = sum(map(len, reports.values()))
    wrong = sum(not report.ok for of_dtype in reports.values() for report in of_dtype)
    verdict = "✓ equal" if count else "– not made for this layer"
    return str(count), *errors, f"✗ {wrong} of {count} differ" if wrong else verdict


def self_check(all_backends: bool) -> bool:
    """Print one row for each layer, backend and device as it is checked; True if all agree."""
    backends = [name for name in dict.fromkeys(["auto", *BACKENDS])]
    checked = [name for name in backends if all_backends or name not in SLOW]
    start = time.perf_counter()
    torch.manual_seed(0)
    # The reference's own: it says that it takes another way, which is what the check is against.
    warnings.filterwarnings("ignore", "LSTM with projections is not supported with oneDNN")
    print(ROW.format(*HEADINGS))
    calls, wrong = 0, []
    for device in ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]:
        dtypes = DTYPES if device == "cpu" else DTYPES[:1]  # cuDNN computes float32 in tf32
        rows: list[tuple[str, str, Callable[..., Iterator[Report]]]] = [
            (name, "", partial(check_cell, name, device=device)) for name in CELLS
        ]
        for name, backend in product(LAYERS, checked):
            rows.append((name, backend, partial(check_layer, name, backend, device=device)))
        for name, backend, check in rows:
            reports = {dtype: list(check(dtype=dtype)) for dtype in dtypes}
            if backend not in ("auto", "loop"):  # these run everything
                reports = {dtype: list(filter(has_run, some)) for dtype, some in reports.items()}
            print(ROW.format(name, backend, device, *row_of(reports)), flush=True)
            every = [report for of_dtype in reports.values() for report in of_dtype]
            calls += len(every)
            wrong += [(name, backend, device, report) for report in every if not report.ok]
    seconds = time.perf_counter() - start
    if left_out := [name for name in backends if name not in checked]:
        print(f"Not checked: {', '.join(left_out)}, which takes minutes; --all does.")
    if wrong:
        print(f"\n✗ {len(wrong)} of {calls} comparisons differ, in {seconds:.1f} s. The first:\n")
        *where, report = wrong[0]
        print(", ".join(filter(None, where)), report, sep="\n")
    else:
        print(f"\n✓ all {calls} comparisons agree with torch.nn, in {seconds:.1f} s")
    return not wrong


def main(arguments: list[str] | None = None) -> int:
    """Print versions and the self-check; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m rnnlib",
        description="Print versions, and check the layers of rnnlib against those of torch.nn.",
    )
    parser.add_argument("--versions", action="store_true", help="print the versions only")
    parser.add_argument("--all", action="store_true", help="check the slow backends as well")
    options = parser.parse_args(arguments)
    for name, value in versions().items():
        print(f"{name:<8} {value}")
    if options.versions:
        return 0
    print("\nLargest relative error against torch.nn, of outputs and all gradients:\n")
    return 0 if self_check(options.all) else 1


if __name__ == "__main__":
    # A terminal that knows no check mark shall print a question mark, not fail.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
