"""Binder's environment, Colab's, and the hooks of those who commit."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
import yaml
from copies import ROOT, git, make_small
from packaging.requirements import Requirement

from coursebook.colab import KEPT, plan
from coursebook.notebooks import PACKAGE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text("utf8"))
CONDA = [line for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]
(PIP,) = [line["pip"] for line in ENVIRONMENT["dependencies"] if isinstance(line, dict)]
PIP_LINES = [re.fullmatch(r"-e (\.)\[([\w,]+)\]", line) for line in PIP]


def test_binder_takes_the_environment_file() -> None:
    """Rules of https://repo2docker.readthedocs.io/en/latest/configuration/: what it would pass over
    or refuse."""
    assert set(ENVIRONMENT) == {"name", "channels", "dependencies"}
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    # Any of these would be used in its place.
    assert not [name for name in ("Dockerfile", "binder", ".binder") if (ROOT / name).exists()]
    names = [re.split("[=<>]", line)[0] for line in CONDA]
    assert {"python", "pip", "pytorch-cpu", "jupyterlab"} == set(names)
    assert not [line for line in CONDA if line.startswith("pytorch") and "=" in line]
    (python,) = [line for line in CONDA if line.startswith("python=")]
    number = python.removeprefix("python=")
    assert f"Programming Language :: Python :: {number}" in PROJECT["classifiers"]


def test_binder_installs_the_course_with_extras_that_exist() -> None:
    assert PIP_LINES
    for match in PIP_LINES:
        assert match, PIP
        assert set(match[2].split(",")) <= set(PROJECT["optional-dependencies"])


def test_nothing_asks_for_one_version_of_torch_or_numpy() -> None:
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    bounds = {r.name: r.specifier for r in map(Requirement, lines) if r.name in KEPT}
    assert set(bounds) == set(KEPT)
    for bound in bounds.values():
        assert [part.operator for part in bound] == [">="]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index without a network: wheels that hold the true metadata of all that is installed here.

    It offers a newer torch and numpy as well.
    """
    folder = tmp_path_factory.mktemp("index")
    offered = {(found.name, found.version): str(found.metadata) for found in distributions()}
    for name in KEPT:
        offered[name, "99.0"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n"
    for (name, number), metadata in offered.items():
        stem = f"{re.sub(r'[-_.]+', '_', name)}-{number}"
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            info = f"{stem}.dist-info"
            wheel.writestr(f"{info}/METADATA", metadata)
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.mark.xdist_group("package")
def test_pip_leaves_torch_and_numpy_alone(index: Path, wheel: Path) -> None:
    """On Colab and on Binder they are there, built for the machine. torch is as old as allowed."""
    installed = {"torch": "2.5.0+cu124", "numpy": version("numpy")}
    offline = ["--no-index", "--find-links", str(index)]
    steps = plan(sys.executable, f"{PACKAGE} @ {wheel.as_uri()}", installed, offline)
    assert {"rnnlib", "matplotlib", "ipywidgets", "tqdm", "sktime"} <= set(steps)
    assert not set(steps) & set(KEPT)
    # pip was free to choose otherwise.
    assert plan(sys.executable, "numpy>=50", installed, offline) == {"numpy": "99.0"}


FAULTS = {
    "ruff-check": ("rnnlib/tasks.py", "import os\n"),
    "ruff-format": ("rnnlib/tasks.py", "x  =  1\n"),
    "codespell": ("intro.md", f"Here is {'het'[::-1]} word.\n"),  # not misspelt in this file
    "outputs": ("notebooks/extra.ipynb", '"execution_count": 3'),
    "notebooks": ("notebooks/extra.ipynb", "\n"),
    "exercises": ("exercises/shapes/shapes.ipynb", "\n"),
    "workflows": (".github/workflows/tests.yml", "      - uses: actions/checkout@main\n"),
}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf8"))["repos"][0]["hooks"]


@pytest.mark.parametrize("hook", [hook["id"] for hook in HOOKS])
def test_each_hook_stops_a_commit_with_its_fault(house: Path, hook: str) -> None:
    make_small(house)  # or the hooks that generate would take their time
    (house / ".venv").symlink_to(ROOT / ".venv")
    name, fault = FAULTS[hook]
    (house / name).parent.mkdir(exist_ok=True)
    with (house / name).open("a") as file:
        file.write(fault)
    git(house, "add", name)
    command = [ROOT / ".venv" / "bin" / "pre-commit", "run", hook]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Failed" in done.stdout


def test_hooks_fetch_nothing() -> None:
    """No repository of others, and no environment that pre-commit would install."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert {hook["language"] for hook in HOOKS} <= {"system", "pygrep"}
