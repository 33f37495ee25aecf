"""The library as a package: what is in it, what it needs, what an index shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import yaml
from copies import ROOT

import rnnlib
from coursebook.student import leaks, secrets

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf8")

# One worker builds.
pytestmark = pytest.mark.xdist_group("package")


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


def test_the_wheel_holds_the_library_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    library = [path for path in (ROOT / "rnnlib").rglob("*") if path.suffix in (".py", ".typed")]
    assert names == {path.relative_to(ROOT).as_posix() for path in library}


def test_no_answer_and_no_hidden_test_is_in_wheel_or_sdist(dist: Path, tmp_path: Path) -> None:
    for path in dist.iterdir():
        shutil.unpack_archive(
            path, tmp_path / path.suffix, "zip" if path.suffix == ".whl" else None
        )
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    hidden = secrets(ROOT / "solutions")
    assert leaks(files, hidden) == []
    text = "\n".join(re.sub(r"\s", "", path.read_text("utf8")) for path in files)
    for secret in hidden:
        if len(secret.lines) > 1:
            assert re.sub(r"\s", "", "".join(secret.lines)) not in text, secret
    rooms = {path.relative_to(tmp_path).parts[2] for path in files if ".gz" in path.parts}
    assert not rooms & {"solutions", "tests", "grading", "exercises", "coursebook"}


def test_an_index_takes_it_and_shows_its_text(dist: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *dist.iterdir()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2
    text = (ROOT / "rnnlib" / "README.md").read_text("utf8")
    # A link to a file leads nowhere on an index.
    assert not [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]


def test_the_metadata_say_what_it_is(wheel: Path) -> None:
    said = metadata(wheel)
    assert said["Version"] == rnnlib.__version__
    assert said["License-Expression"] == "MIT"
    assert said["Description-Content-Type"] == "text/markdown"
    assert said["Requires-Python"] == PROJECT["requires-python"]
    core = [line for line in said.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = {re.match(r"[\w-]+", line)[0] for line in core}  # type: ignore[index]
    assert names == {"torch", "numpy", "matplotlib", "ipywidgets", "tqdm"}


# In an environment that holds the wheel, its dependencies with theirs, and no more: what importing
# the library loads beyond torch, all its modules, and the examples of its README.
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])  # before the .pth file of an editable install

import importlib, json, pkgutil, re
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from packaging.requirements import Requirement


def key(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def add_needed(name, found):
    if key(name) in found:
        return found
    found.add(key(name))
    try:
        lines = requires(name) or []
    except PackageNotFoundError:  # for another system or Python
        return found
    for requirement in map(Requirement, lines):
        if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            add_needed(requirement.name, found)
    return found


core = add_needed("rnnlib", set())
modules = packages_distributions().items()
given = {module for module, names in modules if core & set(map(key, names))}
given |= sys.stdlib_module_names | {"rnnlib"}


class OnlyCore(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        root = name.split(".")[0]
        if root in given or root.startswith("_"):  # Python's own parts too
            return super().find_spec(name, path, target)


sys.meta_path[:] = [OnlyCore if finder is PathFinder else finder for finder in sys.meta_path]
import torch

before = set(sys.modules)
import rnnlib

loaded = {name.split(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names
imported, failed = [], {}
for module in pkgutil.walk_packages(rnnlib.__path__, "rnnlib."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
            imported.append(module.name)
        except ModuleNotFoundError as error:
            failed[module.name] = error.name
try:
    import sklearn
except ModuleNotFoundError:
    failed["sklearn"] = "sklearn"
scope = {}
exec(sys.argv[2], scope)
said = {"file": rnnlib.__file__, "loaded": sorted(loaded), "imported": imported, "failed": failed}
print(json.dumps(said | {"shape": scope["output"].shape}))
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `PROGRAM` says of the wheel, installed into an empty folder."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*command, "--target", folder, wheel], check=True)
    text = (ROOT / "rnnlib" / "README.md").read_text("utf8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 2
    command = [sys.executable, "-I", "-c", PROGRAM, str(folder), "".join(examples)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["file"].startswith(str(folder))
    return said


def test_the_library_loads_torch_and_nothing_more(installed: dict[str, Any]) -> None:
    """What takes long to load is loaded by those who draw, play or train."""
    assert installed["loaded"] == ["rnnlib"]


def test_every_module_needs_core_dependencies_only(installed: dict[str, Any]) -> None:
    assert {"rnnlib.data", "rnnlib.explore", "rnnlib.training"} < set(installed["imported"])
    assert installed["failed"].pop("sklearn") == "sklearn"  # so what is not core would be missed
    # The kernels are for those who have a GPU, and so Triton; the quiz is for those who build the
    # book, with the extra `book`.
    kernels = ("rnnlib.backends.kernels", "rnnlib.backends.group_kernels")
    allowed = dict.fromkeys(kernels, "triton") | {"rnnlib.quiz": "yaml"}
    assert installed["failed"].items() <= allowed.items()


def test_the_examples_of_the_readme_run(installed: dict[str, Any]) -> None:
    assert installed["shape"] == [7, 4, 5]


def test_the_version_stands_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", rnnlib.__version__)
    assert PROJECT["dynamic"] == ["version"]  # read from rnnlib/__init__.py
    assert "version" not in yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))


def test_the_changelog_keeps_its_form() -> None:
    """https://keepachangelog.com: newest first, a date each, and known kinds of change."""
    first, *released = re.findall(r"(?m)^## (.+)$", CHANGELOG)
    assert first == "[Unreleased]"
    numbers = []
    for heading in released:
        match = re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d{2}-\d{2}", heading)
        assert match, heading
        numbers.append(tuple(map(int, match.groups())))
    assert numbers == sorted(numbers, reverse=True)
    if numbers:
        newest = ".".join(map(str, numbers[0]))
        assert newest == rnnlib.__version__
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"(?m)^### (.+)$", CHANGELOG)) <= kinds
