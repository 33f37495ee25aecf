"""The built book, served from this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

HTML = Path(__file__).parents[2] / "_build" / "html"


@pytest.fixture(scope="session")
def site(serve: Callable[[Path], str]) -> str:
    """Address of the built book."""
    assert (HTML / "intro.html").is_file(), "The book is not built: run `make book` first."
    return serve(HTML)
