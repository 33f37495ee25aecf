"""Grade one submission: what runs in the worker processes, on this machine or on others.

A worker gets text and returns text. It knows nothing of the gradebook, and the student's code never
runs in it: that is the examiner's part, in its sandbox.
"""

from __future__ import annotations

import atexit
import base64
import faulthandler
import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import cache, lru_cache
from multiprocessing.util import Finalize
from typing import Any

from nbformat import NotebookNode, from_dict

from grading.collect import Ungradable
from grading.execute import Examiner, Limits, SandboxUnavailable
from grading.intake import Intake, take_in
from grading.records import ENVIRONMENT, Question, Record, digest
from grading.sanitise import clean_notebook

FAILED = "The grader itself failed on it, and will try again: your instructor knows why."
GRACE = 120  # seconds beyond the examiner's own limit before a worker that hangs is given up


class DifferentEnvironment(Exception):
    """The worker would grade with other code than the one who asked it to."""


def start() -> None:
    """Prepare a worker process: the coordinator alone decides when it ends."""
    # Ctrl-C reaches the whole process group. Not SIG_IGN, which the sandbox would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    threading.Thread(target=_end_with_the_coordinator, daemon=True).start()


def prepare(sandbox: bool) -> None:
    """Start the examiner, so that it is ready when the first submission comes."""
    with _one_at_a_time:
        _examiner(sandbox)


def _end_with_the_coordinator() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def make_task(
    name: str,
    assignment: str,
    student: str,
    key: str,
    files: dict[str, bytes],
    conditions: dict[str, Any],
) -> str:
    """Write down all that a worker must know; `assignment` is the Assignment `name` as JSON."""
    return json.dumps(
        {
            "environment": ENVIRONMENT,
            "name": name,
            "assignment": assignment,
            "student": student,
            "key": key,
            "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
            "conditions": conditions,
        }
    )


def work(task: str) -> str:
    """Grade a submission.

    Parameters
    ----------
    task : str
        As :func:`make_task` writes it.

    Returns
    -------
    str
        JSON with ``record``, the Record as JSON, and ``notebooks``, each with its outputs.

    Raises
    ------
    DifferentEnvironment
        If this worker's grader, library or Python is not the coordinator's.
    """
    asked = json.loads(task)
    if asked["environment"] != ENVIRONMENT:
        names = [n for n, what in asked["environment"].items() if ENVIRONMENT.get(n) != what]
        raise DifferentEnvironment(
            f"The worker on {os.uname().nodename} has another version of: {', '.join(names)}."
        )
    with _one_at_a_time:
        try:
            record, notebooks = _grade(asked)
        except SandboxUnavailable:
            raise
        except Exception as error:  # a mistake of ours costs one submission, not the batch
            told = f"{type(error).__name__}: {error}"  # to the instructor alone
            record = Record(
                asked["student"], asked["name"], "", "ungradable", FAILED, flags=(told,)
            )
            notebooks = {}
    return json.dumps({"record": record.to_json(), "notebooks": notebooks})


def _grade(asked: dict[str, Any]) -> tuple[Record, dict[str, str]]:
    examiner = _examiner(asked["conditions"]["sandbox"])  # the first submission waits for it
    began = time.perf_counter()
    released, master = _assignment(asked["assignment"])
    files = {name: base64.b64decode(data) for name, data in asked["files"].items()}
    student, name, key = asked["student"], asked["name"], asked["key"]
    try:
        with _at_most(GRACE):
            intakes = {
                notebook: take_in(files, notebook, released[notebook], master[notebook])
                for notebook in master
            }
    except Ungradable as reason:
        return Record(student, name, key, "ungradable", str(reason)), {}
    questions: list[Question] = []
    flags: list[str] = []
    student_seconds = 0.0
    notebooks = {}
    for notebook, intake in intakes.items():
        limits = limits_of(master[notebook].metadata, asked["conditions"])
        with _at_most(2 * limits.submission_seconds + GRACE):
            examined = examiner.examine(intake.notebook, limits=limits)
            # Killed from outside, as by a lack of memory. An answer that kills it is graded as it
            # is the second time.
            if not examiner.alive():
                examined = examiner.examine(intake.notebook, limits=limits)
        questions += [Question(notebook=notebook, **asdict(v)) for v in examined.verdicts]
        flags += [f"{flag[:1].upper()}{flag[1:].rstrip('.')}." for flag in examined.flags]
        student_seconds += examined.student_seconds
        notebooks[notebook] = json.dumps(clean_notebook(examined.notebook), indent=1) + "\n"
    repairs = tuple(sentence for intake in intakes.values() for sentence in intake.repairs)
    record = Record(
        student,
        name,
        key,
        "repaired" if repairs else "graded",
        repairs=repairs,
        flags=tuple(dict.fromkeys(flags)),
        questions=tuple(questions),
        untouched=tuple(f"{n}:{grade_id}" for n, i in intakes.items() for grade_id in i.untouched),
        answers=_hash_answers(intakes),
        seconds=time.perf_counter() - began,
        student_seconds=student_seconds,
    )
    return record, notebooks


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """End this process if something hangs: in C, so even if it no longer runs Python."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def limits_of(metadata: Mapping[str, Any], conditions: dict[str, Any]) -> Limits:
    """Return the limits of the course, or of the assignment, or of the command line.

    Raises
    ------
    ValueError
        If the course or the assignment names one that makes no sense.
    """
    limits = Limits(**conditions["limits"]).raised(metadata)
    timeout = conditions["timeout"]
    if timeout is None:
        return limits
    longest = max(limits.submission_seconds, timeout)
    return replace(limits, cell_seconds=timeout, submission_seconds=longest)


@lru_cache(maxsize=4)
def _assignment(text: str) -> tuple[dict[str, NotebookNode], dict[str, NotebookNode]]:
    facts = json.loads(text)
    released, master = (
        {name: from_dict(notebook) for name, notebook in facts[kind].items()}
        for kind in ("released", "master")
    )
    return released, master


def _hash_answers(intakes: dict[str, Intake]) -> dict[str, str]:
    """Hash each answer, and all the code of a notebook together: tests may call any of it."""
    hashes = {}
    for name, intake in intakes.items():
        code = [cell.source for cell in intake.notebook.cells if cell.cell_type == "code"]
        hashes[f"{name}:*"] = digest(code)
        for cell in intake.notebook.cells:
            mark = cell.metadata.get("nbgrader", {})
            if mark.get("solution"):
                answer = [cell.source, cell.get("attachments", {})]
                hashes[f"{name}:{mark['grade_id']}"] = digest(answer)
    return hashes


# A process keeps its examiner, whose sandbox took a second to start. Dask may run several threads
# in a process, so they take turns.
_one_at_a_time = threading.Lock()
_open = ExitStack()


@cache
def _examiner(sandbox: bool) -> Examiner:
    examiner = _open.enter_context(Examiner(sandbox=sandbox))
    Finalize(None, _open.close, exitpriority=10)  # at the end of a pool's worker,
    atexit.register(_open.close)  # and of any other process
    return examiner
