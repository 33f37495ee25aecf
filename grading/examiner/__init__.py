"""Reach a verdict where the student's code does not run: see `grading.execute.Examiner`."""
