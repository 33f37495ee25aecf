"""``python -m rnnlib.bench``: every way of running a layer, side by side, against torch.nn.

Each rung of the ladder is a backend; torch.nn is the last. All are first held against float64 on
the CPU, outputs and gradients, and only what is right is timed. The rungs then take turns, and each
is shown as a ratio to torch.nn and as a share of the floor (:mod:`rnnlib.roofline`) under which no
way of running the layer can go. A rung that cannot run says why.

It prints as it goes, and leaves a JSON file, with every sample and with what it was measured on,
and a figure beside it. The file has the form of the book's tables: copied into
``benchmarks/results/`` it is what a chapter shows.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shlex
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from tqdm import tqdm

import rnnlib
from rnnlib import roofline
from rnnlib.benchmark import peak_memory, provenance, samples

REFERENCE = "torch.nn"
RUNGS = ("loop", "compile", "bptt", "graph", "onednn", "triton", "group")
CALLS = ("forward", "training")
#: Of a float32 product all bits, or the 11 that matrix units take; or numbers of 8 bits.
PRECISIONS = ("ieee", "tf32", "bf16")
DTYPES = {"ieee": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}
#: The largest relative error that a right answer may have.
BOUNDS = {"ieee": 1e-4, "tf32": 1e-2, "bf16": 5e-2}
SEED = 0
WARMUP = 3
#: Okabe and Ito's colours, and a mark each: no rung is told by its colour alone.
STYLES: dict[str, dict[str, Any]] = {
    "loop": {"color": "#E69F00", "marker": "v"},
    "compile": {"color": "#56B4E9", "marker": "P"},
    "bptt": {"color": "#0072B2", "marker": "s"},
    "graph": {"color": "#009E73", "marker": "D"},
    "onednn": {"color": "#CC79A7", "marker": "^"},
    "triton": {"color": "#D55E00", "marker": "o"},
    "group": {"color": "#000000", "marker": "*"},
    REFERENCE: {"color": "#6E7781", "marker": "|", "markersize": 12, "markeredgewidth": 3},
}


@dataclass(frozen=True)
class Case:
    """What is timed: a layer of one kind, and the sizes of a call."""

    kind: str
    T: int
    B: int
    I: int
    H: int
    packed: bool = False

    @property
    def lengths(self) -> Tensor:
        """Steps of each sequence; of packed ones most are short, and one has all T."""
        if not self.packed:
            return torch.full((self.B,), self.T)
        generator = torch.Generator().manual_seed(SEED)
        drawn = self.T * torch.rand(self.B, generator=generator) ** 2
        drawn[0] = self.T
        return drawn.ceil().long().clamp(min=1).sort(descending=True).values

    def __str__(self) -> str:
        packed = ", packed" if self.packed else ""
        return f"{self.kind} T={self.T} B={self.B} I={self.I} H={self.H}{packed}"


Shape = tuple[int, int, int, int]
#: (T, B, I, H), dense and packed
SHAPES: dict[str, tuple[list[Shape], list[Shape]]] = {
    "cpu": (
        [(128, 32, 64, 128), (512, 16, 64, 256), (100, 1, 32, 64), (64, 64, 64, 512)],
        [(128, 32, 64, 128)],
    ),
    "cuda": (
        [
            (128, 32, 64, 128),
            (512, 16, 64, 256),
            (2048, 1, 64, 128),
            (512, 64, 256, 320),
            (512, 64, 512, 512),
            (256, 128, 1024, 1024),
        ],
        [(512, 64, 64, 128), (512, 64, 64, 256)],
    ),
}
QUICK: dict[str, tuple[list[Shape], list[Shape]]] = {
    "cpu": ([(64, 16, 32, 64), (100, 1, 32, 64)], [(64, 16, 32, 64)]),
    "cuda": ([(128, 32, 64, 128)], [(512, 64, 64, 128)]),
}
#: Where the sweeps start, and the values that each size takes in turn.
SWEEPS: dict[str, tuple[Shape, dict[str, list[int]]]] = {
    "cpu": (
        (64, 16, 64, 128),
        {"T": [16, 64, 256, 1024], "B": [1, 4, 16, 64], "H": [16, 64, 128, 256]},
    ),
    "cuda": (
        (256, 32, 64, 128),
        {
            "T": [64, 256, 1024, 4096],
            "B": [1, 8, 32, 128, 512, 2048],
            "H": [32, 64, 128, 256, 512, 1024],
        },
    ),
}

COLUMNS = [
    *("layer", "call", "precision", "T", "B", "I", "H", "packed", "rung"),
    *("ms", "± ms", "µs a step", "× torch.nn", "% of floor", "floor", "peak MB", "error"),
]
SHOWN = [name for name in COLUMNS[8:] if name != "floor"]
LINE = "  {:<9} {:>9} {:>8} {:>9} {:>10} {:>10} {:>9} {:>7}"


@contextmanager
def precision_set(precision: str) -> Iterator[None]:
    """Let PyTorch's products, and cuDNN's recurrent layers, work at one precision alike."""
    rounded = precision == "tf32"
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    switches: list[tuple[Any, str, object]] = [(matmul, "allow_tf32", rounded)]
    if hasattr(matmul, "fp32_precision"):
        # Without the older switch, torch.compile of PyTorch 2.9 and later ones would refuse tf32.
        name = "tf32" if rounded else "ieee"
        switches += [(matmul, "fp32_precision", name), (cudnn.rnn, "fp32_precision", name)]
    else:  # before PyTorch 2.9
        switches += [(cudnn, "allow_tf32", rounded)]
    before = [getattr(owner, switch) for owner, switch, _ in switches]
    try:
        for owner, switch, value in switches:
            setattr(owner, switch, value)
        yield
    finally:
        for (owner, switch, _), old in zip(switches, before, strict=True):
            setattr(owner, switch, old)


@lru_cache(maxsize=2)
def numbers(case: Case) -> tuple[dict[str, Tensor], Tensor]:
    """Weights and input (T, B, I), such that every precision holds them exactly."""
    torch.manual_seed(SEED)
    weights = getattr(nn, case.kind)(case.I, case.H).state_dict()
    x = torch.randn(case.T, case.B, case.I)
    return {name: w.bfloat16().float() for name, w in weights.items()}, x.bfloat16().float()


def layer_of(rung: str, case: Case, device: torch.device | str, dtype: torch.dtype) -> nn.Module:
    """The layer of one rung, with the weights of the case."""
    options: dict[str, Any] = {"device": device, "dtype": dtype}
    layer: nn.Module
    if rung == REFERENCE:
        layer = getattr(nn, case.kind)(case.I, case.H, **options)
    else:
        layer = getattr(rnnlib, case.kind)(case.I, case.H, backend=rung, **options)
    layer.load_state_dict(numbers(case)[0])
    return layer


def input_of(case: Case, device: torch.device | str, dtype: torch.dtype) -> Any:
    """The input of the case, packed if it is."""
    x = numbers(case)[1].to(device, dtype)
    return pack_padded_sequence(x, case.lengths) if case.packed else x


@lru_cache(maxsize=2)
def exact(case: Case, call: str) -> list[Tensor]:
    """What is right: outputs and gradients in float64, on the CPU."""
    layer = layer_of("auto", case, "cpu", torch.float64)
    return results(layer, input_of(case, "cpu", torch.float64), call)


@dataclass
class Bench:
    """A run: on what, which rungs, how often; and what has come of it so far."""

    device: torch.device
    rungs: tuple[str, ...]
    rounds: int
    quick: bool = False
    #: As ``COLUMNS`` names them, and the samples of each row.
    rows: list[list[object]] = field(default_factory=list)
    seconds: list[list[float]] = field(default_factory=list)
    #: Of the rungs that were checked last.
    errors: dict[str, float] = field(default_factory=dict)
    #: Why a rung was not timed, by case.
    obstacles: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def obstacle(self, rung: str, layer: Any, x: Any) -> str | None:
        """Say why a rung is not timed, or None if it is."""
        if rung == REFERENCE:
            return None
        try:
            layer.backend_for(x)
        except ValueError as error:
            reason = str(error).partition("cannot run this: ")[2]
            return reason.removesuffix(". Use 'auto' or 'loop'.")
        if rung == "graph" and isinstance(x, PackedSequence):
            return "a packed batch is of too many shapes to record"
        if rung == "compile" and self.quick and self.device.type == "cpu":
            return "to compile takes longer than all the rest: left out by --quick"
        return None

    def check(
        self, rung: str, layer: nn.Module, x: Any, case: Case, call: str, precision: str
    ) -> str | None:
        """Say what is wrong with a rung's results, or None if they are right."""
        expected = exact(case, call)
        try:
            error = self.errors[rung] = relative_error(results(layer, x, call), expected)
        except Exception as problem:  # of whatever kind: the other rungs are to be timed
            return f"FAILED, {type(problem).__name__}: {str(problem).partition(chr(10))[0]}"
        return None if error <= BOUNDS[precision] else f"WRONG, relative error {error:.1e}"

    def measure(
        self, case: Case, call: str, precision: str, rates: roofline.Rates, bar: tqdm[Any]
    ) -> None:
        """Check all rungs on one case, then time those that are right."""
        dtype = DTYPES[precision]
        floor = roofline.floor(
            rates,
            T=case.T,
            N=int(case.lengths.sum()),
            I=case.I,
            H=case.H,
            G=getattr(rnnlib, case.kind).num_gates * case.H,
            training=call == "training",
            itemsize=dtype.itemsize,
        )
        title = f"{case}, {call}, {precision}"
        tqdm.write(f"\n{title}: the floor is {1e3 * floor.seconds:.3g} ms, of {floor.limit}")
        tqdm.write(LINE.format(*SHOWN))
        x = input_of(case, self.device, dtype)
        if "compile" in self.rungs:
            torch.compiler.reset()  # of many cases the compiler would leave out the last ones
        runs = {}
        for rung in (*self.rungs, REFERENCE):
            bar.set_postfix_str(f"checking {rung}")
            layer = layer_of(rung, case, self.device, dtype)
            why = self.obstacle(rung, layer, x)
            if why is None and (why := self.check(rung, layer, x, case, call, precision)):
                self.wrong.append(f"{rung} on {title}: {why}")
            if why is None:
                runs[rung] = call_of(layer, x, call)
            else:
                self.obstacles[f"{rung} on {title}"] = why
                tqdm.write(f"  {rung:<9} – {why}")
                bar.update(self.rounds + WARMUP)
        if not runs:
            return
        bar.set_postfix_str("timing")
        wait = torch.cuda.synchronize if self.device.type == "cuda" else lambda: None
        seconds = samples(runs, rounds=self.rounds, warmup=WARMUP, wait=wait, progress=bar.update)
        medians = {rung: statistics.median(times) for rung, times in seconds.items()}
        for rung, times in seconds.items():
            low, _, high = statistics.quantiles(times, n=4) if len(times) > 1 else (0.0, 0.0, 0.0)
            row: list[object] = [
                *(case.kind, call, precision, case.T, case.B, case.I, case.H, case.packed, rung),
                round(1e3 * medians[rung], 4),
                round(1e3 * (high - low) / 2, 4),
                round(1e6 * medians[rung] / case.T, 3),
                round(medians[rung] / medians.get(REFERENCE, float("nan")), 3),
                round(100 * floor.seconds / medians[rung], 1),
                floor.limit,
                round(peak_memory(runs[rung], self.device), 2),
                f"{self.errors[rung]:.0e}",
            ]
            shown = dict(zip(COLUMNS, row, strict=True))
            tqdm.write(LINE.format(*(shown[name] for name in SHOWN)))
            self.rows.append(row)
            self.seconds.append(times)


def call_of(layer: nn.Module, x: Any, call: str) -> Callable[[], object]:
    """One call as it is timed."""

    def forward() -> object:
        with torch.no_grad():
            return layer(x)

    def training() -> None:
        layer.zero_grad()
        output = layer(x)[0]
        (output.data if isinstance(output, PackedSequence) else output).sum().backward()

    return forward if call == "forward" else training


def results(layer: nn.Module, x: Any, call: str) -> list[Tensor]:
    """Outputs, and in training the gradients of the weights: what is checked."""
    layer.zero_grad()
    with torch.set_grad_enabled(call == "training"):
        output, h_n = layer(x)
        data = output.data if isinstance(output, PackedSequence) else output
        if call == "training":
            # Not a plain sum, to which an output in a wrong place makes no difference.
            weights = torch.linspace(-1, 1, data.numel(), dtype=torch.float64).view(data.shape)
            (data * weights.to(data)).sum().backward()
    states = h_n if isinstance(h_n, tuple) else (h_n,)
    gradients = [p.grad for p in layer.parameters() if p.grad is not None]
    return [tensor.detach().cpu().double() for tensor in (data, *states, *gradients)]


def relative_error(found: list[Tensor], exact: list[Tensor]) -> float:
    """The largest of the tensors' errors, each |found - exact| / |exact|; or NaN."""
    errors = [float((a - b).norm() / b.norm()) for a, b in zip(found, exact, strict=True)]
    return max(errors, key=lambda error: float("inf") if error != error else error)


def cases_of(options: argparse.Namespace) -> list[Case]:
    """The cases that the command line asks for."""
    kind = options.device.type
    if options.sweep:
        start, values = SWEEPS[kind]
        origin = Case(options.layers[0], *start)
        one_changed: list[dict[str, Any]] = [{n: v} for n, some in values.items() for v in some]
        return list(dict.fromkeys(replace(origin, **change) for change in one_changed))
    dense, packed = (QUICK if options.quick else SHAPES)[kind]
    return [
        Case(layer, *shape, packed=is_packed)
        for layer in options.layers
        for shapes, is_packed in ((dense, False), (packed, True))
        for shape in shapes
    ]


def draw_cases(table: list[dict[str, Any]]) -> Figure:
    """Draw the time of a step: a line a case, a mark a rung."""
    cases = list(dict.fromkeys(map(title_of, table)))
    figure = Figure(figsize=(8, 1.6 + 0.28 * len(cases)), layout="constrained", facecolor="white")
    axes = figure.subplots()
    for rung, style in STYLES.items():
        mine = [row for row in table if row["rung"] == rung]
        if mine:
            places = [cases.index(title_of(row)) for row in mine]
            axes.plot([row["µs a step"] for row in mine], places, label=rung, ls="", **style)
    axes.set_yticks(range(len(cases)), cases)
    axes.set(xscale="log", xlabel="time of one step (µs)", ylim=(len(cases) - 0.5, -0.5))
    axes.grid(alpha=0.25)
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def draw_sweep(table: list[dict[str, Any]], origin: Shape) -> Figure:
    """Draw the time of a call over T, B and H in turn, the others as at the origin."""
    start = dict(zip("TBIH", origin, strict=True))
    kinds = list(dict.fromkeys((row["call"], row["precision"]) for row in table))
    figure = Figure(figsize=(9, 0.8 + 2.4 * len(kinds)), layout="constrained", facecolor="white")
    grid = figure.subplots(len(kinds), 3, squeeze=False)
    for (call, precision), line in zip(kinds, grid, strict=True):
        for name, axes in zip("TBH", line, strict=True):
            swept = [
                row
                for row in table
                if (row["call"], row["precision"]) == (call, precision)
                and all(row[key] == value for key, value in start.items() if key != name)
            ]
            for rung, style in STYLES.items():
                mine = sorted((row[name], row["ms"]) for row in swept if row["rung"] == rung)
                if mine:
                    axes.plot(*zip(*mine, strict=True), label=rung, **style)
            axes.set(xscale="log", yscale="log", xlabel=name, ylabel="time of a call (ms)")
            axes.set_title(f"{call}, {precision}", loc="left")
            axes.grid(alpha=0.25)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def title_of(row: dict[str, Any]) -> str:
    """Name the case of a row."""
    sizes = ", ".join(f"{name} {row[name]}" for name in "TBIH")
    packed = ", packed" if row["packed"] else ""
    return f"{row['layer']} {row['call']} {row['precision']}: {sizes}{packed}"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m rnnlib.bench",
        description="Time every backend of rnnlib beside torch.nn, and check each before.",
    )
    gpu = torch.cuda.is_available()
    parser.add_argument(
        "--device",
        type=torch.device,
        default=torch.device("cuda" if gpu else "cpu"),
        help="where to run (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="small and few: under a minute")
    parser.add_argument("--sweep", action="store_true", help="over T, over B and over H instead")
    parser.add_argument(
        "--layers", nargs="+", choices=("RNN", "LSTM", "GRU"), default=["RNN"], metavar="LAYER"
    )
    parser.add_argument("--calls", nargs="+", choices=CALLS, default=list(CALLS), metavar="CALL")
    parser.add_argument(
        "--precisions",
        nargs="+",
        choices=PRECISIONS,
        metavar="PRECISION",
        help="ieee, tf32, bf16 (default: all where the device has tf32, else ieee)",
    )
    parser.add_argument("--rungs", nargs="+", choices=RUNGS, default=list(RUNGS), metavar="RUNG")
    parser.add_argument("--rounds", type=int, help="timed calls of each (default: 15; 5 if quick)")
    parser.add_argument(
        "--output",
        type=Path,
        help="the JSON file; the figure lies beside it (default: bench-DEVICE.json)",
    )
    options = parser.parse_args(arguments)
    if options.device.type not in SHAPES:
        parser.error(f"--device must be cpu or cuda, not {options.device}")
    if options.device.type == "cuda" and not gpu:
        parser.error("--device cuda: PyTorch sees no GPU here")
    device = options.device
    has_tf32 = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    if "tf32" in (options.precisions or ()) and not has_tf32:
        kind = "CPU" if device.type == "cpu" else "GPU of compute capability below 8.0"
        parser.error(f"--precisions tf32: a {kind} has no tf32")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    options.rounds = options.rounds or (5 if options.quick else 15)
    options.precisions = options.precisions or (PRECISIONS if has_tf32 else ["ieee"])
    options.output = options.output or Path(f"bench-{options.device.type}.json")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the ladder; return the exit status: 1 if a rung is wrong, 130 if interrupted."""
    options = parse(arguments)
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # the profiler would announce itself each time
    given = sys.argv[1:] if arguments is None else arguments
    where = provenance(shlex.join(["python", "-m", "rnnlib.bench", *given]), options.device)
    for name, value in where.items():
        print(f"{name:<8} {value}")
    rates = {}
    for precision in options.precisions:
        with precision_set(precision):
            rates[precision] = roofline.measure(options.device, DTYPES[precision])
        print(
            f"{precision:<8} {rates[precision].operations / 1e9:,.0f} GFLOP/s, "
            f"{rates[precision].bandwidth / 1e9:,.0f} GB/s, "
            f"shortest step {1e6 * rates[precision].step:.2f} µs"
        )
    bench = Bench(options.device, tuple(options.rungs), options.rounds, options.quick)
    cases = cases_of(options)
    todo = [(c, call, p) for c in cases for call in options.calls for p in options.precisions]
    interrupted = False
    calls = len(todo) * (len(options.rungs) + 1) * (options.rounds + WARMUP)
    with tqdm(total=calls, unit="call", leave=False) as bar:
        try:
            for case, call, precision in todo:
                with precision_set(precision):
                    bench.measure(case, call, precision, rates[precision], bar)
                save(bench, where, options)  # what is measured is kept, whatever comes
        except KeyboardInterrupt:
            interrupted = True
    if bench.rows:
        draw(bench, options)
    if bench.wrong:
        print("\nNot right, and not timed:", *bench.wrong, sep="\n  ")
    return 130 if interrupted else int(bool(bench.wrong))


def save(bench: Bench, where: dict[str, str], options: argparse.Namespace) -> None:
    """Write the table with its samples."""
    result = {
        "what": (
            "Milliseconds a call, one layer: medians and half the interquartile range of "
            f"{options.rounds} calls by turns in one run, seed {SEED}; the ratio to torch.nn, "
            "below 1 is faster; the share of the floor that a way of running it reaches, and "
            "which time that floor is; the memory that a call holds at its worst moment, without "
            "what is kept from call to call, as recordings are; the largest relative error "
            "against float64."
        ),
        "columns": COLUMNS,
        "rows": bench.rows,
        "provenance": where,
        "seconds": bench.seconds,
        "not timed": bench.obstacles,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf8")


def draw(bench: Bench, options: argparse.Namespace) -> None:
    """Draw the figure, and say what was written."""
    table = [dict(zip(COLUMNS, row, strict=True)) for row in bench.rows]
    if options.sweep:
        figure = draw_sweep(table, SWEEPS[options.device.type][0])
    else:
        figure = draw_cases(table)
    picture = options.output.with_suffix(".svg")
    figure.savefig(picture)
    print(f"\nWritten: {options.output} and {picture}")


if __name__ == "__main__":
    # A terminal that knows no µ shall print a question mark, not fail.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
