"""``python -m rnnlib.bench``: what it writes, and what it refuses to time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnlib import bench, roofline
from rnnlib.backends import BACKENDS
from rnnlib.bench import COLUMNS, Case, main, precision_set

SMALL: Any = ([(5, 2, 3, 4)], [(6, 3, 3, 4)])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes and rates for which a run takes a moment."""
    monkeypatch.setitem(bench.QUICK, "cpu", SMALL)
    monkeypatch.setitem(bench.SWEEPS, "cpu", ((4, 2, 3, 4), {"T": [2, 4], "B": [1, 2], "H": [4]}))
    monkeypatch.setattr(roofline, "measure", lambda *_: roofline.Rates(1e10, 1e10, 1e-6))


def run(tmp_path: Path, *more: str) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    path = tmp_path / "bench.json"
    status = main(["--device", "cpu", "--rounds", "2", "--output", str(path), *more])
    result = json.loads(path.read_text("utf8"))
    return status, [dict(zip(COLUMNS, row, strict=True)) for row in result["rows"]], result


def test_every_rung_is_timed_or_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, rows, result = run(tmp_path, "--quick", "--layers", "RNN", "LSTM")
    assert status == 0
    timed = {(row["layer"], row["rung"]) for row in rows}
    assert timed == {
        *(("RNN", rung) for rung in ("loop", "bptt", "torch.nn")),
        *(("LSTM", rung) for rung in ("loop", "bptt", "onednn", "torch.nn")),
    }
    assert {(row["call"], row["packed"]) for row in rows} == {
        (call, packed) for call in ("forward", "training") for packed in (False, True)
    }
    printed = capsys.readouterr().out
    for reason in "Triton compiles for a GPU", "CUDA graphs need", "left out by --quick":
        assert reason in printed
        assert any(reason in text for text in result["not timed"].values())

    # What the directive {measured} shows, and each sample behind it
    assert {"what", "columns", "rows", "provenance"} <= set(result)
    assert {"command", "date", "device", "torch", "python"} <= set(result["provenance"])
    for row, seconds in zip(rows, result["seconds"], strict=True):
        assert len(seconds) == 2
        assert row["ms"] == pytest.approx(1e3 * sum(seconds) / 2, abs=1e-4)
        assert row["µs a step"] == pytest.approx(1e3 * row["ms"] / row["T"], rel=0.01, abs=1e-3)
        assert float(row["error"]) < 1e-4
    svg = (tmp_path / "bench.svg").read_text("utf8")
    assert "<svg" in svg


@torch._dynamo.config.patch(recompile_limit=1, fail_on_recompile_limit_hit=True)
def test_the_compiler_is_at_its_best_in_each_case(tmp_path: Path) -> None:
    """It keeps few versions of a cell, and for more sizes runs it uncompiled."""
    status, rows, _ = run(tmp_path, "--sweep", "--calls", "forward", "--rungs", "compile")
    assert status == 0
    assert {(row["T"], row["B"]) for row in rows if row["rung"] == "compile"} == {
        *((4, 2), (2, 2), (4, 1)),
    }


def test_sweep(tmp_path: Path) -> None:
    status, rows, _ = run(tmp_path, "--sweep", "--calls", "forward", "--rungs", "bptt")
    assert status == 0
    sizes = {(row["T"], row["B"], row["I"], row["H"]) for row in rows}
    assert sizes == {(2, 2, 3, 4), (4, 2, 3, 4), (4, 1, 3, 4)}
    assert (tmp_path / "bench.svg").exists()


def test_what_is_wrong_is_not_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = BACKENDS["loop"]

    def wrong(*args: Any) -> Any:
        output, h_n = right(*args)
        return 1.001 * output, h_n

    monkeypatch.setitem(BACKENDS, "loop", wrong)
    monkeypatch.setattr("rnnlib.backends.OBSTACLES", {})
    monkeypatch.setattr("rnnlib.backends.FASTEST_FIRST", ("bptt",))
    status, rows, _ = run(tmp_path, "--quick", "--rungs", "loop", "bptt")
    assert status == 1
    assert {row["rung"] for row in rows} == {"bptt", "torch.nn"}
    assert re.search(r"loop +– WRONG, relative error 1\.0e-03", capsys.readouterr().out)


def test_what_fails_is_said_and_the_others_are_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*_: Any) -> Any:
        raise RuntimeError("out of order\nand more of it")

    monkeypatch.setitem(BACKENDS, "loop", failing)
    status, rows, _ = run(tmp_path, "--quick", "--rungs", "loop", "bptt")
    assert status == 1
    assert {row["rung"] for row in rows} == {"bptt", "torch.nn"}
    assert "loop      – FAILED, RuntimeError: out of order\n" in capsys.readouterr().out


def test_what_was_measured_before_ctrl_c_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    right = bench.results

    def interrupted(*args: Any) -> Any:
        calls.append(args)
        if len(calls) > 4:  # float64 and three rungs: one case
            raise KeyboardInterrupt
        return right(*args)

    bench.exact.cache_clear()
    monkeypatch.setattr(bench, "results", interrupted)
    status, rows, _ = run(tmp_path, "--quick", "--rungs", "loop", "bptt")
    assert status == 130
    assert [row["rung"] for row in rows] == ["loop", "bptt", "torch.nn"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--device", "cpu", "--precisions", "tf32"], "a CPU has no tf32"),
        (["--device", "meta"], "must be cpu or cuda"),
        (["--rounds", "0"], "must be 1 or more"),
        (["--rungs", "jax"], "invalid choice"),
        *([] if torch.cuda.is_available() else [(["--device", "cuda"], "sees no GPU")]),
    ],
)
def test_what_it_cannot_do(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert why in capsys.readouterr().err


def test_a_gpu_without_tf32_is_not_said_to_have_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """PyTorch takes the setting there too, and works with all digits."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    assert bench.parse(["--device", "cuda"]).precisions == ["ieee"]
    with pytest.raises(SystemExit):
        bench.parse(["--device", "cuda", "--precisions", "tf32"])
    assert "a GPU of compute capability below 8.0 has no tf32" in capsys.readouterr().err
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0))
    assert list(bench.parse(["--device", "cuda"]).precisions) == list(bench.PRECISIONS)


def test_precision_is_set_for_products_and_for_cudnn_and_set_back() -> None:
    matmul, rnn = torch.backends.cuda.matmul, torch.backends.cudnn.rnn
    before = matmul.fp32_precision, rnn.fp32_precision
    for precision, expected in ("tf32", "tf32"), ("ieee", "ieee"), ("bf16", "ieee"):
        with precision_set(precision):
            assert (matmul.fp32_precision, rnn.fp32_precision) == (expected, expected)
            assert matmul.allow_tf32 == (expected == "tf32")  # read by torch.compile
    assert (matmul.fp32_precision, rnn.fp32_precision) == before
    assert not matmul.allow_tf32


def test_packed_sequences_are_of_skewed_lengths() -> None:
    lengths = Case("RNN", 100, 200, 3, 4, packed=True).lengths
    assert len(lengths) == 200
    assert lengths.max() == 100
    assert lengths.min() >= 1
    assert (lengths.diff() <= 0).all()
    assert lengths.double().mean() < 45  # most are short
