"""Where a course keeps its files, and how nbgrader is configured for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbgrader.api
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import _temp_alembic_ini
from traitlets.config import Config, PyFileConfigLoader

CONFIG_FILE = "nbgrader_config.py"


def version_of_tables() -> str | None:
    """Return the version of the gradebook's tables that nbgrader writes into a new one."""
    with _temp_alembic_ini("sqlite://") as file:
        return ScriptDirectory.from_config(AlembicConfig(file)).get_current_head()


# nbgrader asks the command `alembic` for it, which takes seconds and need not be on the PATH.
nbgrader.api.get_alembic_version = version_of_tables


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
        try:
            config = PyFileConfigLoader(CONFIG_FILE, path=str(self.root)).load_config()
        except Exception as error:  # it is a program, and may fail like one
            raise CourseError(
                f"{CONFIG_FILE} fails with {type(error).__name__}: {error}. Mend it."
            ) from None
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
