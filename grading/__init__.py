"""Release and grade the assignments, on nbgrader's own pipeline: `python -m grading --help`."""
