"""Copies of the repository, and what is built from one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from copies import lay_copy


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the repository to change."""
    return lay_copy(tmp_path / "house")


@pytest.fixture(scope="session")
def kept_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository that no test changes."""
    return lay_copy(tmp_path_factory.mktemp("kept") / "house")


@pytest.fixture(scope="session")
def dist(kept_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(kept_house)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    """The wheel."""
    (path,) = dist.glob("*.whl")
    return path
