"""How nbgrader runs this course; its root is the folder of this file.

`make exercises` and `make grade` read it, and so do nbgrader's own commands and its formgrader.
"""

import sys
from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    LimitOutput,
    SaveAutoGrades,
)

from grading.execute import Examine
from grading.feedback import FeedbackExporter, HideHiddenTests
from grading.release import ColabSetup
from grading.sanitise import safe_markdown

c = get_config()  # noqa: F821 (whoever loads this file defines it)

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# A released notebook starts with the cell that installs rnnlib in Colab.
c.GenerateAssignment.preprocessors.prepend([ColabSetup])

# Submissions run in a sandbox, and the tests in another one; what is between nbgrader's Execute and
# SaveAutoGrades is nbgrader's own. An assignment raises limits in the metadata of its notebook.
c.Autograde.autograde_preprocessors = [
    Examine,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.Examine.limits = {"cell_seconds": 30}
c.OverwriteCells.add_missing_cells = True  # a test that a student has deleted comes back

# `nbgrader validate` is for one's own notebook: it uses a kernel of the environment it runs in,
# whatever other kernels the machine has.
c.KernelSpecManager.kernel_dirs = [str(Path(sys.prefix, "share", "jupyter", "kernels"))]
c.Execute.timeout = 120  # seconds a cell: a task may ask for a network to be trained
c.Execute.shutdown_kernel = "immediate"
c.Execute.extra_arguments = ["--log-level=ERROR"]

# What a student gets back does not show the hidden tests, runs no script, asks no other site.
c.GenerateFeedback.preprocessors.insert(1, HideHiddenTests)
c.GenerateFeedback.exporter_class = FeedbackExporter
c.HTMLExporter.filters = {"markdown2html": safe_markdown}
