"""How much a submission may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What one submission may use; chosen for torch on one core.

    An assignment that needs more says so in the metadata of its notebook in ``solutions/``, under
    the key ``grading``: ``{"grading": {"cell_seconds": 180}}``.

    Attributes
    ----------
    cell_seconds : float
        Wall time of one cell; for a test cell that is the test and all calls it makes.
    submission_seconds : float
        Wall time of the whole notebook.
    memory_bytes : int
        Memory beyond what the loaded libraries use, files in the sandbox included.
    processes : int
        Processes and threads at the same time.
    file_bytes : int
        Largest file, and all files together.
    output_bytes : int
        Output that is kept, of the whole notebook; the rest is dropped.
    value_bytes : int
        Largest value that a function may be given or return, as bytes.
    """

    cell_seconds: float = 30.0
    submission_seconds: float = 600.0
    memory_bytes: int = 2 * 1024**3
    processes: int = 64
    file_bytes: int = 256 * 1024**2
    output_bytes: int = 8 * 1024**2
    value_bytes: int = 64 * 1024**2

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 < value < float("inf"):
                raise ValueError(f"the limit {field.name} is {value!r}, expected a positive number")

    def raised(self, metadata: Mapping[str, Any]) -> Limits:
        """Return these limits with those that a notebook names in their place.

        Parameters
        ----------
        metadata : mapping
            The metadata of the INSTRUCTOR'S notebook; a student's must not set limits.

        Raises
        ------
        ValueError
            If it names a limit that does not exist, or gives it no positive number.
        """
        named = metadata.get("grading", {})
        unknown = sorted(set(named) - {field.name for field in fields(self)})
        if unknown:
            raise ValueError(
                f"there is no limit {', '.join(unknown)}; "
                f"there are {', '.join(field.name for field in fields(self))}"
            )
        return replace(self, **named)
