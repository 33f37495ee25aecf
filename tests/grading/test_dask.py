"""A fleet: the same marks from the workers of a real Dask scheduler, one of them lost half-way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from hand_ins import RIGHT, hand_in

from grading.course import Course, CourseError
from grading.pool import DaskPool
from grading.records import Record
from grading.run import Options, run, submissions
from grading.writer import Writer

NUMBERS_ONLY = "def double(x):\n    return 2 * x if type(x) is int else None"


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start one of Dask's commands from this environment."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "dask", *arguments]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, **quiet)


@pytest.fixture
def address() -> Iterator[str]:
    """A scheduler with two worker processes; each tells by its name which it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    processes = [
        start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        *(
            start("worker", address, "--nthreads", "1", "--no-dashboard", "--name", name)
            for name in ("one", "two")
        ),
    ]
    try:
        wait_for_workers(address, 2)
        yield address
    finally:
        with ExitStack() as stack:
            for process in processes:
                stack.callback(process.wait)
                for each in (process, *psutil.Process(process.pid).children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        each.kill()


def wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    deadline = time.monotonic() + 120
    while True:
        try:
            with Client(address, timeout=5) as client:
                client.wait_for_workers(count, timeout=60)
                return
        except (OSError, TimeoutError):
            assert time.monotonic() < deadline, "no Dask scheduler came up"
            time.sleep(0.2)


def test_a_worker_is_lost_and_no_submission_with_it(course: Course, address: str) -> None:
    answers = {f"s{number}": RIGHT if number % 2 else NUMBERS_ONLY for number in range(10)}
    for student, answer in answers.items():
        hand_in(course, student, answer)
    done: list[Record] = []

    def kill_one_half_way(record: Record | None) -> None:
        assert record is not None
        done.append(record)
        if len(done) == 4:
            mine = psutil.Process().children(recursive=True)
            workers = [p for p in mine if {"one", "worker"} <= set(command(p))]
            assert workers
            for process in workers:  # Dask's nanny first, or it would start another one
                for each in (process, *process.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        each.kill()

    run(course, "tiny", submissions(course, "tiny"), Options(dask=address), kill_one_half_way)
    assert sorted(record.student for record in done) == sorted(answers)
    assert {record.status for record in done} == {"graded"}
    with Writer.open(course, "tiny") as writer:
        scores = {student: files["tiny.ipynb"].score for student, files in writer.marks().items()}
    assert scores == {s: 4.0 if answer == RIGHT else 2.0 for s, answer in answers.items()}


def command(process: psutil.Process) -> list[str]:
    """Its command line; nothing of a process that has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie is one too
        return []


def test_no_scheduler_is_said_in_a_sentence() -> None:
    with pytest.raises(CourseError, match=r"No Dask scheduler answers at tcp://127.0.0.1:1"):
        DaskPool("tcp://127.0.0.1:1")
