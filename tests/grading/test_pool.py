"""A pool loses processes, and no job with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from grading.pool import LocalPool, work_off


@dataclass(frozen=True)
class Job:
    task: str


def work(task: str) -> str:
    """Do what the task says: die always, die the first time, or answer."""
    kind, _, where = task.partition(":")
    if kind == "die" or (kind == "die once" and not Path(where).exists()):
        if where:
            Path(where).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return f"{task} done"


@pytest.mark.parametrize("workers", [1, 3])
def test_the_job_that_kills_its_process_is_found_and_no_other_is_lost(
    workers: int, tmp_path: Path
) -> None:
    jobs = [Job(str(number)) for number in range(20)]
    jobs[3] = Job("die:")
    jobs[8] = Job(f"die once:{tmp_path / 'once'}")
    with LocalPool(workers) as pool:
        answers = dict(work_off(jobs, pool, work))
    assert answers.keys() == set(jobs)
    assert [job for job, answer in answers.items() if answer is None] == [jobs[3]]
    assert answers[jobs[8]] == f"{jobs[8].task} done"


def test_processes_that_are_killed_from_outside() -> None:
    jobs = [Job(str(number)) for number in range(100)]
    answers = {}
    with LocalPool(2) as pool:
        for count, (job, answer) in enumerate(work_off(jobs, pool, work)):
            assert job not in answers
            answers[job] = answer
            if count in (10, 30):
                victim = next(iter(pool.executor._processes))  # type: ignore[attr-defined]
                os.kill(victim, signal.SIGKILL)
    assert answers == {job: f"{job.task} done" for job in jobs}


def test_jobs_are_taken_only_as_there_is_room() -> None:
    taken = answered = 0

    def jobs() -> object:
        nonlocal taken
        for number in range(50):
            taken += 1
            yield Job(str(number))

    with LocalPool(2) as pool:
        for _ in work_off(jobs(), pool, work):  # type: ignore[arg-type]
            answered += 1
            assert taken - answered <= 4  # two at work, and hardly more
    assert answered == 50


def test_workers_end_when_the_coordinator_is_killed() -> None:
    """Or each `kill -9` would leave processes, each with a sandbox, for ever."""
    program = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import test_pool as t\n"
        "with t.LocalPool(2) as pool:\n"
        "    for _ in t.work_off([t.Job(str(n)) for n in range(10_000)], pool, t.work):\n"
        "        print('x', flush=True)"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as coordinator:
        assert coordinator.stdout is not None
        coordinator.stdout.readline()
        family = psutil.Process(coordinator.pid).children(recursive=True)
        assert len(family) >= 3
        coordinator.kill()
        _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive
