"""A small book that holds every construct a chapter may use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def sample_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample book, for the tests of one module."""
    root = tmp_path_factory.mktemp("books") / "sample"
    shutil.copytree(Path(__file__).parent / "sample_book", root)
    return root
