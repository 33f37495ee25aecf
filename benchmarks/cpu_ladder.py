"""RNN, LSTM and GRU beside those of ``torch.nn`` on the CPU, and beside the floor under both.

``make bench`` runs it (about ten minutes on an idle machine), prints a summary, and writes
``results/cpu_ladder.json``.

The floor is what no layer of this kind can do without: its matrix products, alone, in a bare loop
over tensors that were made before. The products over time are one for each step, because each
needs the result of the step before; the others are one large product each.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable

import torch
from torch import Tensor, nn
from tqdm import tqdm

import rnnlib
from benchmarks import save
from rnnlib.benchmark import compare, peak_memory

KINDS = ("RNN", "LSTM", "GRU")
SHAPES = [  # (T, B, I, H)
    (128, 32, 64, 128),
    (512, 16, 64, 256),
    (100, 1, 32, 64),
    (64, 64, 64, 512),
    (1000, 8, 16, 32),
]
CALLS = ("forward", "training")
THREADS = (1, 2)

Run = Callable[[], None]


def forward(module: nn.Module, x: Tensor) -> Run:
    def run() -> None:
        with torch.no_grad():
            module(x)

    return run


def training(module: nn.Module, x: Tensor) -> Run:
    def run() -> None:
        module.zero_grad()
        module(x)[0].sum().backward()

    return run


def floor(kind: str, call: str, x: Tensor, H: int) -> Run:
    """Only the matrix products of a layer of H units that reads x (T, B, I)."""
    T, B, I = x.shape
    G = H * getattr(rnnlib, kind).num_gates
    x, h, z = x.view(T * B, I), torch.randn(T, B, H), torch.randn(T, B, G)
    W_ih, W_hh = torch.randn(G, I), torch.randn(G, H)
    d_ih, d_hh = torch.empty_like(W_ih), torch.empty_like(W_hh)
    all_z, all_h = z.view(T * B, G), h.view(T * B, H)
    steps = list(zip(h.unbind(), z.unbind(), strict=True))

    def run() -> None:
        torch.mm(x, W_ih.T, out=all_z)
        W = W_hh.T
        for h_t, z_t in steps:
            torch.mm(h_t, W, out=z_t)
        if call == "training":
            for h_t, z_t in reversed(steps):
                torch.mm(z_t, W_hh, out=h_t)
            torch.mm(all_z.T, all_h, out=d_hh)
            torch.mm(all_z.T, x, out=d_ih)

    return run


def measure(rounds: int = 11) -> list[list[object]]:
    """Time every kind, shape, call and number of threads; one row each."""
    cases = [
        (kind, shape, threads, call)
        for kind in KINDS
        for shape in SHAPES
        for threads in THREADS
        for call in CALLS
    ]
    rows: list[list[object]] = []
    for kind, (T, B, I, H), threads, call in tqdm(cases, unit="case"):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        x = torch.randn(T, B, I)
        make_run = forward if call == "forward" else training
        mine = getattr(rnnlib, kind)(I, H)
        runs = {
            "torch.nn": make_run(getattr(nn, kind)(I, H), x),
            "rnnlib": make_run(mine, x),
            "floor": floor(kind, call, x, H),
        }
        ms = {name: 1e3 * seconds for name, seconds in compare(runs, rounds=rounds).items()}
        rows.append(
            [
                *(kind, T, B, I, H, threads, call, mine.backend_for(x)),
                *(round(ms[name], 2) for name in runs),
                round(ms["torch.nn"] / ms["rnnlib"], 2),
                round(100 * ms["floor"] / ms["rnnlib"]),
                *(round(peak_memory(runs[name]), 2) for name in ("torch.nn", "rnnlib")),
            ]
        )
    return rows


COLUMNS = [
    *("layer", "T", "B", "I", "H", "threads", "call", "backend"),
    *("torch.nn", "rnnlib", "floor", "times as fast", "% of floor", "torch.nn MB", "rnnlib MB"),
]


def summarise(rows: list[list[object]]) -> None:
    """Print each row, and for each layer, call and number of threads the mean and the worst."""
    table: list[list[object]] = [[*COLUMNS], *rows]
    widths = [max(len(str(value)) for value in column) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(f"{value!s:>{width}}" for value, width in zip(row, widths, strict=True)))
    groups: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for row in rows:
        case = dict(zip(COLUMNS, row, strict=True))
        groups[case["layer"], case["call"], case["threads"]].append(
            float(str(case["times as fast"]))
        )
    print("\nTimes as fast as torch.nn: geometric mean over the shapes, and the worst of them")
    for (kind, call, threads), ratios in groups.items():
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        print(f"{kind:5} {call:9} {threads} threads: {mean:.2f}  (worst {min(ratios):.2f})")


def main() -> None:
    rows = measure()
    summarise(rows)
    save(
        "cpu_ladder",
        what=(
            "Milliseconds a call, one layer, float32: torch.nn, rnnlib, and the floor, which is "
            "the same matrix products alone; by turns in one run, medians of 11. Memory: what a "
            "call holds at its worst moment."
        ),
        command="make bench",
        columns=COLUMNS,
        rows=rows,
    )


if __name__ == "__main__":
    main()
