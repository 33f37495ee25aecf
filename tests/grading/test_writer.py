"""What stands in the gradebook: the marks of what was handed in last, and what a person gave."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hand_ins import REFUSED, make_record, mark_by_hand, write
from nbgrader.api import MissingEntry

from grading.course import Course, version_of_tables
from grading.writer import Writer, write_atomically


def in_gradebook(course: Course) -> tuple[float, bool, float | None, str | None]:
    """Score, whether somebody has to look, and what was given by hand for the written answer."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission("tiny", "ada")
        grade = gradebook.find_grade("written", "tiny", "tiny", "ada")
        comment = gradebook.find_comment("written", "tiny", "tiny", "ada").manual_comment
        return submission.score, submission.needs_manual_grade, grade.manual_score, comment


def test_it_is_what_nbgrader_reads(course: Course) -> None:
    write(course, make_record())
    assert in_gradebook(course) == (4.0, True, None, None)
    write(course, make_record(points=0))
    assert in_gradebook(course) == (0.0, True, None, None)


def test_a_new_gradebook_has_the_version_that_nbgrader_gives_it() -> None:
    ask = "from nbgrader.api import get_alembic_version as ask; print(ask())"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    said = subprocess.check_output([sys.executable, "-c", ask], env=os.environ | {"PATH": path})
    assert said.decode().strip() == version_of_tables()


def test_an_empty_answer_needs_no_reader(course: Course) -> None:
    write(course, make_record(written=""))
    assert in_gradebook(course) == (4.0, False, None, None)
    with course.gradebook() as gradebook:
        comment = gradebook.find_comment("written", "tiny", "tiny", "ada")
        assert comment.auto_comment == "No response."


def test_done_means_this_key_and_its_files(course: Course) -> None:
    first = make_record()
    write(course, first)
    with Writer.open(course, "tiny") as writer:
        assert writer.is_done("ada", first.key, ["tiny.ipynb"])
        assert not writer.is_done("ada", "another", ["tiny.ipynb"])
        assert not writer.is_done("bob", first.key, ["tiny.ipynb"])
        (course.folder("autograded", "ada", "tiny") / "tiny.ipynb").unlink()
        assert not writer.is_done("ada", first.key, ["tiny.ipynb"])
        writer.write(REFUSED, {}, None)
        assert writer.is_done("ada", "refused", ["tiny.ipynb"])


def test_what_somebody_took_out_of_the_gradebook_is_not_done(course: Course) -> None:
    write(course, make_record())
    with course.gradebook() as gradebook:
        gradebook.remove_submission("tiny", "ada")
    with Writer.open(course, "tiny") as writer:
        assert not writer.is_done("ada", make_record().key, ["tiny.ipynb"])


def test_no_score_outlives_its_submission(course: Course) -> None:
    write(course, make_record())
    write(course, REFUSED)
    assert not course.folder("autograded", "ada", "tiny").exists()
    with course.gradebook() as gradebook, pytest.raises(MissingEntry):
        gradebook.find_submission("tiny", "ada")


class TestByHand:
    """What a person gave stays as long as the answer is the one that they read."""

    def test_it_stays_when_the_rest_changes(self, course: Course) -> None:
        write(course, make_record())
        mark_by_hand(course)
        again = write(course, make_record(answer="b", points=0))
        assert in_gradebook(course) == (1.5, False, 1.5, "Good.")
        assert again.flags == ()

    def test_it_goes_when_the_answer_changes(self, course: Course) -> None:
        write(course, make_record())
        mark_by_hand(course)
        again = write(course, make_record(written="new"))
        assert in_gradebook(course) == (4.0, True, None, None)
        assert again.flags == (
            "written was marked by hand (1.5 points) and has changed since: mark it again.",
        )

    @pytest.mark.parametrize("change", [False, True])
    def test_a_test_that_was_overruled(self, course: Course, change: bool) -> None:
        write(course, make_record(points=0))
        mark_by_hand(course, "double_hidden", 2.0, None)
        write(course, make_record(points=0, answer="b" if change else "a", written="new"))
        score, *_ = in_gradebook(course)
        assert score == (0.0 if change else 2.0)

    def test_it_survives_a_broken_file_in_between(self, course: Course) -> None:
        write(course, make_record())
        mark_by_hand(course)
        write(course, REFUSED)
        write(course, replace(REFUSED, key="refused again"))
        write(course, make_record())
        assert in_gradebook(course) == (5.5, False, 1.5, "Good.")

    def test_but_not_if_another_answer_comes_after_it(self, course: Course) -> None:
        write(course, make_record())
        mark_by_hand(course)
        write(course, REFUSED)
        write(course, make_record(written="new"))
        assert in_gradebook(course) == (4.0, True, None, None)

    def test_marks_by_hand_of_plain_nbgrader_stay(self, course: Course) -> None:
        with course.gradebook() as gradebook:
            gradebook.update_or_create_student("ada")
            gradebook.add_submission("tiny", "ada")
        mark_by_hand(course)
        write(course, make_record())
        assert in_gradebook(course) == (5.5, False, 1.5, "Good.")


def test_one_transaction(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens on the way, marks and key change together or not at all."""
    write(course, make_record())
    calls = 0
    with Writer.open(course, "tiny") as writer:
        session = writer._gradebook.db
        execute: Callable[..., object] = session.execute

        def fail_at(limit: int) -> Callable[..., object]:
            def counted(*arguments: object, **options: object) -> object:
                nonlocal calls
                calls += 1
                if calls > limit:
                    raise KeyboardInterrupt
                return execute(*arguments, **options)

            return counted

        for limit in range(3):
            calls = 0
            monkeypatch.setattr(session, "execute", fail_at(limit))
            try:
                writer.write(make_record(points=0), {"tiny.ipynb": "{}"}, None)
            except KeyboardInterrupt:
                monkeypatch.undo()
                assert in_gradebook(course)[0] == 4.0
                assert writer.is_done("ada", make_record().key, [])
            else:
                break
        else:
            pytest.fail("it never came to its end")
        monkeypatch.undo()
        assert in_gradebook(course)[0] == 0.0


def test_a_late_submission_costs_what_nbgraders_plugin_says(course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    more = (
        "\nfrom nbgrader.plugins import LateSubmissionPlugin\n"
        "class Day(LateSubmissionPlugin):\n"
        "    def late_submission_penalty(self, student_id, score, seconds):\n"
        "        return seconds / 86400\n"
        "c.AssignLatePenalties.plugin_class = Day\n"
    )
    config.write_text(config.read_text() + more)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate="2025-01-01 00:00:00 UTC")
    for timestamp, penalty in (
        ("2025-01-02 12:00:00 UTC", 1.5),
        ("2025-03-01 00:00:00 UTC", 4.0),  # all that there is
        ("2024-12-31 00:00:00 UTC", 0.0),
        (None, 0.0),
    ):
        write(course, make_record(), timestamp)
        with Writer.open(course, "tiny") as writer:
            assert writer.marks("ada")["ada"]["tiny.ipynb"].late_penalty == penalty


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_atomically(path, "old")
    with pytest.raises(TypeError):
        write_atomically(path, 3)  # type: ignore[arg-type]
    assert path.read_text() == "old"
    write_atomically(path, "new")
    assert path.read_text() == "new"
