"""How nbgrader runs this course; its root is the folder of this file.

`make exercises` and `make grade` read it, and so do nbgrader's own commands and its formgrader.
"""

import sys
from pathlib import Path

from grading.feedback import HideHiddenTests
from grading.release import ColabSetup

c = get_config()  # noqa: F821 (whoever loads this file defines it)

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# A released notebook starts with the cell that installs rnnlib in Colab.
c.GenerateAssignment.preprocessors.prepend([ColabSetup])

# Graded code runs in the environment that runs nbgrader, whatever other kernels the machine has.
c.KernelSpecManager.kernel_dirs = [str(Path(sys.prefix, "share", "jupyter", "kernels"))]
c.Execute.timeout = 30  # seconds a cell
c.Execute.shutdown_kernel = "immediate"
c.Execute.extra_arguments = ["--log-level=ERROR"]  # or kernels write into the progress bar

# nbgrader takes all points from a test that writes to stderr: a library's warning would cost them.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# What a student gets back does not show the hidden tests.
c.GenerateFeedback.preprocessors.insert(1, HideHiddenTests)
