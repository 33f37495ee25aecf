"""The commands of the README and the rules of the house."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name]


def test_make_lists_its_targets() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("book", "serve", "test", "notebooks", "exercises", "grade", "demo"):
        assert re.search(rf"make {target}\s+\S", listed), f"`make` does not list {target}"


@pytest.mark.parametrize("package", ["chromium", "bubblewrap"])
def test_missing_system_package_gives_one_line(tmp_path: Path, package: str) -> None:
    """As an ordinary user, who may not install anything."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", ROOT / "coursebook" / "system.sh", package],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"apt-get install {package}" in line


def test_package_pins_nothing_and_constraints_pin_everything() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    assert not [line for line in wanted if "==" in line.split(";")[0]]
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text("utf8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split(";")[0].strip().split("==")
            pinned[re.sub(r"[-_.]+", "-", name).lower()] = version
    for line in wanted:
        name = re.match(r"[\w.-]+", line)
        assert name
        assert re.sub(r"[-_.]+", "-", name[0]).lower() in pinned, f"{line} has no exact version"


def test_repository_address_stands_once() -> None:
    """By hand, in _config.yml; beside it only in what is generated from there."""
    url = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))["repository"]["url"]
    generated = {"notebooks", "exercises"}
    elsewhere = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.is_file()
        and path.relative_to(ROOT).parts[0] not in generated
        and url.removeprefix("https://").encode() in path.read_bytes()
    ]
    assert elsewhere == ["_config.yml"]


def test_nothing_large_and_no_outputs_in_the_repository() -> None:
    for path in tracked():
        if path.is_file():
            assert path.stat().st_size < 1_000_000, f"{path.name} is over 1 MB"
            if path.suffix == ".ipynb":
                assert '"output_type"' not in path.read_text("utf8"), f"{path.name} holds outputs"


@pytest.mark.parametrize("chapter", sorted((ROOT / "chapters").glob("*.md")), ids=lambda p: p.stem)
def test_code_on_the_page_needs_no_scrolling(chapter: Path) -> None:
    """80 columns fit beside the table of contents; folded cells may be wider."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", chapter.read_text("utf8"), re.S)
    assert cells
    wide = [
        line
        for cell in cells
        if "hide-input" not in cell
        for line in cell.splitlines()
        if len(line) > 80 and not line.startswith("    alt:")
    ]
    assert wide == []
