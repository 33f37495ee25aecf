"""The measurements that the book prints, each with where, when and how it was taken."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Sequence
from pathlib import Path

import torch

from rnnlib.benchmark import processor

RESULTS = Path(__file__).parent / "results"


def save(
    name: str,
    *,
    what: str,
    command: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> Path:
    """Write one table of results with where, when and with what it was measured.

    Parameters
    ----------
    name : str
        Of the file, without ``.json``; the book shows it by the directive ``{measured} name``.
    what : str
        One sentence: what was timed, in which unit.
    command : str
        The command that measures it again.
    columns, rows
        The table.
    """
    result = {
        "what": what,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "provenance": {
            "command": command,
            "date": datetime.date.today().isoformat(),
            "device": processor(),
            "python": platform.python_version(),
            "torch": torch.__version__,
        },
    }
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf8")
    return path
