"""How long the installed library takes to import, once PyTorch is there.

``python -m benchmarks.import_time dist`` installs the wheel in ``dist/`` into an empty folder and
imports it in new processes. `make package` runs it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
import torch
start = time.perf_counter()
import rnnlib
print(time.perf_counter() - start)
assert rnnlib.__file__.startswith(sys.argv[1]), rnnlib.__file__
"""


def seconds(wheel: Path, runs: int) -> list[float]:
    """Seconds that ``import rnnlib`` takes beyond ``import torch``, one number for each process.

    The first run, which also compiles the library to byte code, is not among them.
    """
    with tempfile.TemporaryDirectory() as folder:
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, str(wheel)]
        subprocess.run([sys.executable, *install], check=True)
        command = [sys.executable, "-I", "-c", PROGRAM, folder]
        times = [float(subprocess.check_output(command, text=True)) for _ in range(runs + 1)]
    return times[1:]


def main() -> int:
    """Print the median. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_time", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the wheel lies")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    wheels = sorted(options.folder.glob("rnnlib-*.whl"))
    if len(wheels) != 1:
        print(f"{options.folder} holds {len(wheels)} wheels, not one: run 'make package'.")
        return 2
    times = seconds(wheels[0], options.runs)
    print(
        f"import rnnlib takes {statistics.median(times):.3f} s beyond torch"
        f" (median of {len(times)}, {min(times):.3f} to {max(times):.3f})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
