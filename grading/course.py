"""Where a course keeps its files, and how nbgrader is configured for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

CONFIG_FILE = "nbgrader_config.py"


class CourseError(Exception):
    """Something that the person at the keyboard can mend; its text is one clear sentence."""


@dataclass(frozen=True)
class Course:
    """A course folder: it holds ``nbgrader_config.py``, ``solutions/``, ``submitted/`` and so on.

    Parameters
    ----------
    root : Path
        The folder.

    Raises
    ------
    CourseError
        If the folder has no ``nbgrader_config.py``.
    """

    root: Path

    def __post_init__(self) -> None:
        if not (self.root / CONFIG_FILE).is_file():
            raise CourseError(
                f"There is no {CONFIG_FILE} in {self.root}: run this in the folder of the course."
            )

    def config(self) -> Config:
        """Read ``nbgrader_config.py`` and set the root of the course."""
        config = PyFileConfigLoader(CONFIG_FILE, path=str(self.root)).load_config()
        config.CourseDirectory.root = str(self.root)
        # nbgrader's own default is no name at all, and no row of that name: only SQLite bears it.
        config.CourseDirectory.setdefault("course_id", "default_course")
        return config

    def gradebook(self) -> Gradebook:
        """Open the gradebook; it is a context manager."""
        directory = CourseDirectory(config=self.config())
        return Gradebook(directory.db_url, directory.course_id)

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """Where a step ("submitted", "autograded", "feedback") keeps one student's assignment."""
        return self.root / step / student / assignment

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def exercises(self) -> Path:
        return self.root / "exercises"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    def assignments(self) -> list[str]:
        """Names of all assignments: the folders of ``solutions/``."""
        return sorted(path.parent.name for path in self.solutions.glob("*/*.ipynb"))

    def check_assignment(self, assignment: str) -> None:
        """Raise CourseError if ``solutions/`` has no such assignment."""
        existing = self.assignments()
        if assignment not in existing:
            raise CourseError(
                f"There is no assignment {assignment!r}; solutions/ has: {', '.join(existing)}."
            )
