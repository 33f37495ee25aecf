"""The Triton backend without a GPU: interpreted, compiled for one, and what it refuses.

With a GPU the cases of ``triton_cases.py`` run there too, and so do the sizes that matter.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import triton
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.runtime.jit import JITFunction

import rnnlib
from rnnlib.backends import BACKENDS, OBSTACLES, fused, group_kernels, kernels
from rnnlib.recurrence import recur

CASES = Path(__file__).with_name("triton_cases.py")

if torch.cuda.is_available():  # else there is no test here that could pass without having run
    from triton_cases import *  # noqa: F403
    from triton_cases import Run, compare

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize(
        ("T", "B", "I", "H"),
        [(128, 32, 64, 128), (512, 16, 64, 256), (512, 64, 256, 320), (256, 128, 1024, 1024)],
    )
    def test_sizes_that_matter(run: Run, T: int, B: int, I: int, H: int, packed: bool) -> None:
        largest = fused.MAX_HIDDEN_SIZE if run[0] == "triton" else fused.MAX_GROUP_SIZE
        H = min(H, largest[run[2]])
        torch.manual_seed(1)
        x: Any = torch.randn(T, B, I)
        if packed:
            lengths = (T * torch.rand(B) ** 2).long().clamp(min=1).tolist()
            x = pack_sequence([x[:n, b] for b, n in enumerate(lengths)], enforce_sorted=False)
        compare(run, x, input_size=I, hidden_size=H, bidirectional=True)

    def test_the_same_call_gives_the_same_numbers(run: Run) -> None:
        """An error that moves is a race."""
        backend, device, dtype, _ = run
        layer = rnnlib.RNN(64, 128, backend=backend, device=device, dtype=dtype)
        x = torch.randn(200, 100, 64, device=device, dtype=dtype)
        results = []
        for _ in range(5):
            layer.zero_grad()
            output = layer(x)[0]
            output.sin().sum().backward()
            assert layer.weight_hh_l0.grad is not None
            results.append([output, layer.weight_hh_l0.grad])
        for again in results[1:]:
            torch.testing.assert_close(again, results[0], rtol=0, atol=0)

    def test_kernels_run_on_a_gpu_when_asked_for() -> None:
        layer = rnnlib.RNN(3, 4, device="cuda", backend="triton")
        assert layer.backend_for(torch.randn(5, 2, 3, device="cuda")) == "triton"


def test_interpreted() -> None:
    """In a process of its own: Triton must be told before it is imported."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(CASES)],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed, done.stdout
    assert int(passed[1]) >= 24


# Compiled for Hopper, compute capability 9.0, as on a machine that has one

SHARED_MEMORY = 227 * 1024  # bytes that one program may have there
CUOBJDUMP = Path(triton.__file__).with_name("backends") / "nvidia" / "bin" / "cuobjdump"


#: What fits in one program: every tile of H in every precision.
TILES = [
    (H, precision)
    for precision, most in [("ieee", 128), ("tf32", 128), ("bf16", 256)]
    for H in (16, 32, 64, 128, 256)
    if most >= H
]
LARGEST = [(128, "ieee"), (128, "tf32"), (256, "bf16")]
LARGEST_OF_GROUP = [(512, "ieee"), (512, "tf32"), (1024, "bf16")]


def compile_for_hopper(
    kernel: Any,
    H: int,
    precision: str,
    settings: dict[str, int],
    flags: dict[str, bool],
    path: Path,
) -> tuple[dict[str, int], str]:
    """Bytes of shared memory and of stack that a kernel takes, and its machine code."""
    dtype = "bf16" if precision == "bf16" else "fp32"
    constants: dict[str, Any] = {"RELU": False, "REVERSE": False} | flags
    constants |= {"PRECISION": "ieee" if precision == "ieee" else "tf32"}
    constants |= {key: value for key, value in settings.items() if key.isupper()}
    integers = ("B", "H", "first_tile", "first", "end")
    others = {"lengths": "*i32", "starts": "*i32", "counters": "*i32"}
    others |= dict.fromkeys(integers, "i32")
    signature = {
        argument: "constexpr" if argument in constants else others.get(argument, f"*{dtype}")
        for argument in kernel.arg_names
    }
    # As at a launch: addresses are divisible by 16, and so is H.
    assert H % fused.MULTIPLE == 0
    divisible = {
        (place,): [["tt.divisibility", 16]]
        for place, (argument, kind) in enumerate(signature.items())
        if kind.startswith("*") or argument == "H"
    }
    compiled = triton.compile(
        ASTSource(kernel, signature, constants, divisible),
        target=GPUTarget("cuda", 90, 32),
        options={"num_warps": settings["num_warps"], "enable_fp_fusion": True},
    )
    path.write_bytes(compiled.asm["cubin"])

    def dump(option: str) -> str:
        command = [CUOBJDUMP, option, path]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    found = re.search(r"STACK:(\d+)", dump("-res-usage"))
    assert found
    return {"shared": compiled.metadata.shared, "stack": int(found[1])}, dump("-sass")


@pytest.mark.parametrize("name", ["forward", "backward"])
@pytest.mark.parametrize(
    ("H", "precision", "flags"),
    [
        *((*tile, {}) for tile in TILES),
        *((*tile, {"RELU": True, "REVERSE": True}) for tile in LARGEST),
        *((H - 16, precision, {}) for H, precision in LARGEST),  # no power of two: under a mask
    ],
)
def test_every_size_fits_on_the_chip(
    name: str, H: int, precision: str, flags: dict[str, bool], tmp_path: Path
) -> None:
    kernel, settings = getattr(kernels, name), fused.options(H, precision)
    usage, code = compile_for_hopper(kernel, H, precision, settings, flags, tmp_path / "cubin")
    itemsize = 2 if precision == "bf16" else 4
    assert usage["shared"] <= fused.shared_memory(settings, itemsize) <= SHARED_MEMORY
    assert usage["stack"] == 0, "the registers do not hold what a step needs"
    if H >= 64 and precision != "ieee":
        assert "HGMMA" in code, "the product is not on Hopper's matrix units"


@pytest.mark.parametrize("name", ["forward", "backward"])
@pytest.mark.parametrize("flags", [{}, {"RELU": True, "REVERSE": True}])
@pytest.mark.parametrize(("H", "precision"), [*LARGEST_OF_GROUP, (320, "tf32")])
def test_every_part_of_a_group_fits_on_the_chip(
    name: str, H: int, precision: str, flags: dict[str, bool], tmp_path: Path
) -> None:
    kernel, settings = getattr(group_kernels, name), fused.group_options(H, precision)
    usage, code = compile_for_hopper(kernel, H, precision, settings, flags, tmp_path / "cubin")
    itemsize = 2 if precision == "bf16" else 4
    assert usage["shared"] <= fused.shared_memory(settings, itemsize) <= SHARED_MEMORY
    assert usage["stack"] == 0
    assert ("HGMMA" in code) == (precision != "ieee")
    # The programs meet: each adds to a counter, then reads it as all of the GPU sees it.
    assert re.search(r"REDG\S*ADD\S*STRONG\.GPU", code)
    assert re.search(r"LDG\S*STRONG\.GPU", code)


if not torch.cuda.is_available():

    class Hopper:
        """All that Triton asks a driver for before it launches."""

        def get_current_target(self) -> GPUTarget:
            return GPUTarget("cuda", 90, 32)

        def get_current_device(self) -> int:
            return 0

        def get_current_stream(self, device: int) -> int:
            return 0

    @pytest.mark.parametrize("backend", ["triton", "group"])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    @pytest.mark.parametrize(("T", "B", "H"), [(1, 1, 1), (5, 1, 16), (1, 33, 7), (5, 100, 64)])
    def test_every_launch_compiles(
        monkeypatch: pytest.MonkeyPatch, backend: str, dtype: torch.dtype, T: int, B: int, H: int
    ) -> None:
        """Up to the launch itself all goes as on a GPU; a size of 1 makes other code."""
        launched = []
        run = JITFunction.run

        def compile_only(kernel: Any, *args: Any, grid: Any, warmup: bool, **options: Any) -> None:
            compiled = run(kernel, *args, grid=grid, warmup=True, **options)
            launched.append((kernel.__name__, grid, compiled.metadata))

        monkeypatch.setattr(JITFunction, "run", compile_only)
        monkeypatch.setattr(triton.runtime.driver, "_active", Hopper())
        monkeypatch.setattr(fused, "obstacle_on_device", lambda x: None)
        monkeypatch.setattr(fused, "room", lambda device, programs, T: (2, T))
        H += 64 * (backend == "group")  # two programs or three
        layer = rnnlib.RNN(3, H, bidirectional=True, backend=backend, dtype=dtype)
        layer(torch.randn(T, B, 3, dtype=dtype))[0].sum().backward()

        settings = (fused.group_options if backend == "group" else fused.options)(
            H, fused.precision_of(dtype)
        )
        tiles = -(-B // settings["TILE_B"])
        grids = [(tiles,)]
        if backend == "group":
            grids = [(-(-H // 64), min(2, tiles - first)) for first in range(0, tiles, 2)]
        assert [grid for name, grid, _ in launched if name == "forward"] == 2 * grids
        assert [grid for name, grid, _ in launched if name == "backward"] == 2 * grids
        for _, _, metadata in launched:
            assert metadata.num_warps == settings["num_warps"]
            assert metadata.launch_cooperative_grid == (backend == "group")
            assert metadata.shared <= fused.shared_memory(settings, dtype.itemsize)


def test_what_is_compiled_here_is_what_the_dispatcher_allows() -> None:
    dtypes = {"ieee": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}
    assert {dtypes[precision]: H for H, precision in LARGEST} == fused.MAX_HIDDEN_SIZE
    assert {dtypes[precision]: H for H, precision in LARGEST_OF_GROUP} == fused.MAX_GROUP_SIZE
    for precision in dtypes:
        chosen = {
            fused.options(H, precision)["TILE_H"]
            for H in range(1, fused.MAX_HIDDEN_SIZE[dtypes[precision]] + 1)
        }
        assert chosen == {H for H, other in TILES if other == precision}


# What it refuses


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (rnnlib.LSTM(3, 4), "tanh or relu RNN"),
        (rnnlib.GRU(3, 4), "tanh or relu RNN"),
        (rnnlib.RNN(3, 4).double(), "float32 and bfloat16"),
        (rnnlib.RNN(3, 129), "in float32 a hidden_size of 128 at most"),
        (rnnlib.RNN(3, 257).bfloat16(), "in bfloat16 a hidden_size of 256 at most"),
        (rnnlib.RNN(3, 4), "compiles for a GPU"),
    ],
)
def test_it_says_what_it_cannot_run(layer: Any, why: str) -> None:
    layer.backend = "triton"
    x = torch.zeros(5, 2, 3, dtype=layer.weight_ih_l0.dtype)
    with pytest.raises(ValueError, match=rf"^The backend 'triton' cannot run .*{why}.*'auto'"):
        layer(x)
    layer.backend = "auto"
    assert layer.backend_for(x) != "triton"


def test_an_empty_batch() -> None:
    with pytest.raises(ValueError, match="no empty batch"):
        rnnlib.RNN(3, 4, backend="triton")(torch.zeros(5, 0, 3))


def test_without_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    x = torch.zeros(5, 2, 3)
    assert "imported before" in str(fused.obstacle_on_device(x))
    monkeypatch.setitem(sys.modules, "rnnlib.backends.kernels", None)
    monkeypatch.delattr(rnnlib.backends, "kernels")
    assert "pip install triton" in str(fused.obstacle_on_device(x))


@pytest.mark.parametrize(("version", "old"), [("3.4.0", True), ("3.5.0", False), ("3.10", False)])
def test_an_old_triton(monkeypatch: pytest.MonkeyPatch, version: str, old: bool) -> None:
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    monkeypatch.setattr(kernels, "TRITON", version)
    assert ("need Triton 3.5" in str(fused.obstacle_on_device(torch.zeros(5, 2, 3)))) == old
    project = Path(rnnlib.__file__).parents[1] / "pyproject.toml"
    assert f'"triton>={fused.OLDEST_TRITON[0]}.{fused.OLDEST_TRITON[1]};' in project.read_text()


def test_rnnlib_does_not_import_triton() -> None:
    """It is optional, takes half a second, and must be told of TRITON_INTERPRET before."""
    script = "import sys, torch, rnnlib; rnnlib.RNN(2, 3)(torch.zeros(4, 1, 2)); "
    script += "sys.exit('triton' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_a_group_takes_wider_layers() -> None:
    x = torch.zeros(5, 2, 3)
    for H, why in (512, "compiles for a GPU"), (513, "a hidden_size of 512 at most"):
        with pytest.raises(ValueError, match=why):
            rnnlib.RNN(3, H, backend="group")(x)


def test_a_group_is_not_begun_that_would_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice of a GPU may have fewer multiprocessors than a group has programs."""
    processors = SimpleNamespace(multi_processor_count=14)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: processors)
    assert fused.room(torch.device("cuda"), 7, 5) == (2, 5)
    assert fused.room(torch.device("cuda"), 16, 5)[0] == 0
    monkeypatch.setattr(fused, "obstacle_on_device", lambda x: None)
    monkeypatch.setattr(fused, "room", lambda device, programs, T: (14 // programs, T))
    for H, possible in (896, True), (897, False):
        layer = rnnlib.RNN(3, H, dtype=torch.bfloat16)
        x, h_0 = torch.zeros(5, 2, 3).bfloat16(), torch.zeros(2, H).bfloat16()
        why = fused.group_obstacle(layer._step(), x, h_0, layer.all_weights[0])
        assert (why is None) == possible, why
    assert why is not None
    assert "its 15 programs must run at the same time" in why


def test_rows_are_numbered_in_32_bits() -> None:
    x = torch.zeros(1).expand(2**16, 2**15, 1)
    with pytest.raises(ValueError, match="rows of the input in 32 bits"):
        rnnlib.RNN(1, 4, backend="triton")(x)


def test_packed_and_reversed_sequences_reach_it_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[tuple[int, ...], bool]] = []

    def recording(step: Any, x: Tensor, h_0: Tensor, weights: Any, **how: Any) -> Any:
        calls.append((tuple(x.shape), how["reverse"]))
        return recur(step, x, h_0, weights, backend="loop", **how)

    monkeypatch.setitem(BACKENDS, "triton", recording)
    monkeypatch.delitem(OBSTACLES, "triton")
    layer = rnnlib.RNN(3, 4, bidirectional=True, backend="triton")
    layer(pack_sequence([torch.randn(n, 3) for n in (4, 4, 1)]))
    layer(torch.randn(5, 2, 3))
    assert calls == [((9, 3), False), ((9, 3), True), ((5, 2, 3), False), ((5, 2, 3), True)]
