"""``python -m rnnlib`` in a process of its own: as it is, and with a fault planted."""

from __future__ import annotations

import platform
import subprocess
import sys
import textwrap

import torch

import rnnlib


def run(*arguments: str, fault: str = "") -> tuple[int, list[str], str]:
    """Exit status, lines of output, and stderr of the command, run after the code of a fault."""
    code = textwrap.dedent(fault) + (
        "\nimport runpy, sys\n"
        f"sys.argv = ['rnnlib', *{arguments!r}]\n"
        "runpy.run_module('rnnlib', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf8", timeout=300
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_versions() -> None:
    status, lines, err = run("--versions")
    assert (status, err) == (0, "")
    values = dict(line.split(maxsplit=1) for line in lines)
    assert values["rnnlib"] == rnnlib.__version__
    assert values["torch"] == torch.__version__
    assert values["Python"].startswith(platform.python_version())
    assert {"CPU", "GPU", "threads"} <= set(values)


def test_a_sound_library_gives_0() -> None:
    status, lines, err = run()
    assert (status, err) == (0, "")
    assert lines[-1].startswith("✓ all ")
    table = [line for line in lines if " cpu " in line]
    for layer in ("RNN, tanh", "RNN, relu", "LSTM  ", "LSTM, projected", "GRU  "):
        for backend in ("auto", "loop", "bptt"):
            assert any(line.startswith(layer) and f" {backend} " in line for line in table)
    for cell in ("RNNCell", "LSTMCell", "GRUCell"):
        assert any(line.startswith(cell) for line in table)
    assert not any("✗" in line for line in lines)


def test_a_wrong_equation_gives_1() -> None:
    """The cell state is kept by the wrong gate: found in each LSTM, and in nothing else."""
    status, lines, err = run(
        fault="""
        import torch
        from rnnlib import cells, layers
        right = cells.lstm_step
        def wrong(x_t, state, *weights):
            h, c = right(x_t, state, *weights)
            return h, c * (1 + 1e-9)
        cells.lstm_step = layers.lstm_step = wrong
        """
    )
    assert (status, err) == (1, "")
    assert any(line.startswith("✗ ") and "comparisons differ" in line for line in lines)
    wrong = {line.split("  ")[0] for line in lines if " cpu " in line and "✗" in line}
    assert wrong == {"LSTMCell", "LSTM", "LSTM, projected"}
    assert any(line.startswith("tensor") for line in lines)  # the first of them in full


def test_a_backend_that_fails_gives_1() -> None:
    """Also where it raises; only a backend may say that it is not made for a call."""
    status, lines, _ = run(
        fault="""
        from rnnlib import backends
        def broken(step, x, h_0, weights):
            raise RuntimeError("no such tile")
        backends.BACKENDS["loop"] = broken
        """
    )
    assert status == 1
    wrong = {line.split("  ")[0] for line in lines if " loop " in line and "✗" in line}
    assert wrong == {"RNN, tanh", "RNN, relu", "LSTM", "LSTM, projected", "GRU"}
    assert any("mine raised RuntimeError: no such tile" in line for line in lines)


def test_unknown_option_is_named() -> None:
    status, _, err = run("--everything")
    assert status == 2
    assert "--everything" in err
