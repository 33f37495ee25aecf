"""What is known about an assignment and about each graded submission; all of it can be JSON."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Assignment:
    """An assignment as a worker needs it.

    Attributes
    ----------
    name : str
    released, master : dict of str to dict
        The notebooks, by file name, as JSON: as they were given out, and with the hidden tests.
    """

    name: str
    released: dict[str, Any]
    master: dict[str, Any]

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Question:
    """The verdict on one test cell; of a cell that a person grades there is none.

    The fields are those of :class:`grading.execute.Verdict`, which can be of any notebook.
    """

    notebook: str
    grade_id: str
    points: float
    max_points: float
    passed: bool
    message: str
    seconds: float
    detail: str


@dataclass(frozen=True)
class ManualGrade:
    """What a person gave for one cell in the formgrader."""

    notebook: str
    grade_id: str
    score: float | None
    extra_credit: float | None
    comment: str | None
    open: bool  # whether a person has still to look at it


@dataclass(frozen=True)
class Record:
    """What became of one submission.

    Attributes
    ----------
    student, assignment : str
    key : str
        Hash of everything that decides the marks: what was handed in, the assignment, the grader,
        its libraries and its limits. Empty if grading is to be tried again by the next run.
    status : str
        "graded", "repaired" (graded after a repair) or "ungradable".
    reason : str
        Why it could not be graded.
    repairs, flags : tuple of str
        What was mended, and what a person should look at, each a sentence.
    questions : tuple of Question
    untouched : tuple of str
        Answers as they were given out, as ``notebook:grade_id``.
    answers : dict of str to str
        Hash of each answer, as ``notebook:grade_id``, and of all the code, as ``notebook:*``.
    kept : tuple of ManualGrade
        What a person gave for the last submission that could be graded, if this one cannot.
    seconds, student_seconds : float
        What grading took, and the share of it that is the student's own cells.
    """

    student: str
    assignment: str
    key: str
    status: str
    reason: str = ""
    repairs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    untouched: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    kept: tuple[ManualGrade, ...] = ()
    seconds: float = 0.0
    student_seconds: float = 0.0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Record:
        facts = json.loads(text)
        for name in ("repairs", "flags", "untouched"):
            facts[name] = tuple(facts[name])
        facts["questions"] = tuple(Question(**question) for question in facts["questions"])
        facts["kept"] = tuple(ManualGrade(**grade) for grade in facts["kept"])
        return cls(**facts)

    @property
    def remarks(self) -> str:
        """Everything that there is to say, in one line."""
        return " ".join(filter(None, (self.reason, *self.repairs, *self.flags)))


def digest(*parts: object) -> str:
    """Hash of anything that can be JSON; bytes may stand among it."""

    def encode(part: object) -> str:
        if isinstance(part, bytes):
            return hashlib.sha256(part).hexdigest()
        raise TypeError(type(part).__name__)

    text = json.dumps(parts, sort_keys=True, default=encode)
    return hashlib.sha256(text.encode()).hexdigest()


def _source_hash(package: str) -> str:
    """Hash of a package's code, found without running it: torch would take a second to load."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    files = sorted(folder.rglob("*.py"))
    content = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    return digest(content)[:16]


# Everything installed that marks can depend on; the same on every machine that grades. It is of the
# code that has just been loaded, not of what the files may say later.
ENVIRONMENT = {
    "python": platform.python_version(),
    **{name: version(name) for name in ("torch", "numpy", "ipython")},
    **{package: _source_hash(package) for package in ("grading", "rnnlib")},
}
