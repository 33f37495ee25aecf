"""What pip would do on Colab: whether it leaves the torch and the numpy alone that are there.

``make colab`` (``python -m coursebook.colab``) makes an empty environment, tells pip that torch and
numpy are installed in it, and asks for a plan to install the library. Nothing is downloaded but
what pip reads to plan.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from coursebook.notebooks import PACKAGE, ROOT

#: What a notebook's first cell must not replace: Colab's are built for its GPUs.
KEPT = ("torch", "numpy")


def plan(
    python: str, requirement: str, installed: dict[str, str], options: Sequence[str] = ()
) -> dict[str, str]:
    """What pip would install for a requirement: version by name.

    Parameters
    ----------
    python : str
        The Python of the environment.
    requirement : str
        What is asked for, as on pip's command line.
    installed : dict
        What the environment holds already: version by name.
    options : sequence of str
        More options of ``pip install``.

    Raises
    ------
    RuntimeError
        If pip finds no plan. Its message stands on stderr.
    """
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch, "env")
        subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True)
        (packages,) = environment.glob("lib/python*/site-packages")
        for name, number in installed.items():
            folder = packages / f"{name}-{number}.dist-info"
            folder.mkdir()
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n"
            (folder / "METADATA").write_text(metadata)
            (folder / "RECORD").touch()
        report = Path(scratch, "report.json")
        command = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
        command += ["install", "--quiet", "--dry-run", "--report", str(report)]
        if subprocess.run([*command, *options, requirement]).returncode:
            raise RuntimeError(f"pip cannot install {requirement}: its message stands above.")
        steps = json.loads(report.read_text("utf8"))["install"]
    found = [step["metadata"] for step in steps]
    return {metadata["name"].lower(): metadata["version"] for metadata in found}


def main(arguments: list[str] | None = None) -> int:
    """Print pip's plan. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m coursebook.colab", description=__doc__)
    parser.add_argument("python", nargs="?", default="python3.13", help="default: %(default)s")
    python = parser.parse_args(arguments).python
    installed = {name: version(name).split("+")[0] for name in KEPT}
    installed["torch"] += "+cu130"  # a build that no index has
    try:
        steps = plan(python, f"{PACKAGE} @ {ROOT.as_uri()}", installed)
    except FileNotFoundError:
        print(f"There is no {python} here: give one, as in 'make colab COLAB=/path/to/python3.13'.")
        return 2
    for name, number in sorted(steps.items()):
        print(f"{name:<24} {number}")
    if replaced := [name for name in KEPT if name in steps]:
        print(f"pip would replace {' and '.join(replaced)}: ask for no version of them.")
        return 1
    print(f"pip would install these {len(steps)} and leave torch and numpy alone.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
