"""The small book, built once and served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_book import Book


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The small book, built without a warning."""
    book = Book(tmp_path_factory.mktemp("book"))
    assert book.build() == ""
    return book


@pytest.fixture
def draft(tmp_path: Path) -> Book:
    """A copy of the small book to change, not built yet."""
    return Book(tmp_path)


@pytest.fixture(scope="session")
def address(book: Book, serve: Callable[[Path, str], str]) -> str:
    """Address of the page that holds the quiz; inline scripts and styles are forbidden there."""
    return serve(book.html, "default-src 'self'") + "/numbers.html"
