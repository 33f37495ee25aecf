"""Run one step of nbgrader quietly, and learn why it failed."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from nbgrader.converters import BaseConverter


def run(converter: BaseConverter) -> BaseException | None:
    """Run a converter to its end.

    Parameters
    ----------
    converter : BaseConverter
        ``GenerateAssignment``, ``Autograde`` or ``GenerateFeedback``, ready to start.

    Returns
    -------
    BaseException or None
        What stopped it; None if nothing did.
    """
    first_error = _FirstError()
    converter.log = logging.Logger("grading")  # of its own: what nbgrader says goes nowhere else
    converter.log.addHandler(first_error)
    try:
        with _environment(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries below, about their own business
            converter.start()
    except Exception as error:
        return first_error.cause or error
    return None


class _FirstError(logging.Handler):
    """Keep the exception that is being handled when the first error is logged.

    nbgrader logs the exception that stopped a notebook, and then raises another one that says no
    more than that something went wrong.
    """

    cause: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.cause is None and record.levelno >= logging.ERROR:
            self.cause = sys.exc_info()[1]


@contextmanager
def _environment() -> Iterator[None]:
    """Set what nbgrader and the kernels it starts inherit."""
    before = dict(os.environ)
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
