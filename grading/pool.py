"""Where submissions are graded: processes of this machine, or the workers of a Dask scheduler."""

from __future__ import annotations

import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import forkserver, get_context
from typing import Protocol, Self, TypeVar

from grading import worker
from grading.course import CourseError
from grading.execute import SandboxUnavailable


class HasTask(Hashable, Protocol):
    """Something with a task in it for :func:`grading.worker.work`."""

    @property
    def task(self) -> str: ...


Job = TypeVar("Job", bound=HasTask)


class Pool:
    """An executor that can be replaced when a process of it has died.

    Attributes
    ----------
    executor : Executor
    ahead : int
        How many submissions are handed to it at a time; more would only lie in memory.
    passing : tuple of exception types
        What can happen to any task and says nothing of it: it is to be tried again, alone.
    final : tuple of exception types
        What says that a task was lost, after the pool itself has tried it again.
    """

    executor: Executor
    ahead: int
    passing: tuple[type[BaseException], ...] = (BrokenExecutor,)
    final: tuple[type[BaseException], ...] = ()

    def replace(self) -> None:
        """Start anew after a BrokenExecutor."""
        raise NotImplementedError

    def prepare(self, sandbox: bool) -> None:
        """Have the workers get ready while the coordinator does."""

    def close(self) -> None:
        """Drop what has not begun, and end what belongs to the pool."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class LocalPool(Pool):
    """Processes of this machine.

    They are forked from a server that has the libraries loaded and nothing else, so that a new one
    takes no time and inherits no open file.
    """

    # This machine can sandbox, or the run would not have begun.
    passing = (BrokenExecutor, SandboxUnavailable)

    def __init__(self, workers: int) -> None:
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["grading.lean", "grading.worker"])
        with _ignoring_ctrl_c():
            forkserver.ensure_running()
        self._workers = workers
        self.ahead = workers + 1
        self.replace()

    def replace(self) -> None:
        self.executor = ProcessPoolExecutor(
            self._workers, mp_context=self._context, initializer=worker.start
        )

    def prepare(self, sandbox: bool) -> None:
        def submit() -> None:
            with suppress(RuntimeError):  # the pool was closed meanwhile
                for _ in range(self._workers):  # what fails here will be said by the first task
                    self.executor.submit(worker.prepare, sandbox)

        # The server answers only when it has loaded the libraries: here nobody waits for that.
        threading.Thread(target=submit, daemon=True).start()

    def close(self) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    """Let what is started in here not be told of Ctrl-C; it ends with this process anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class DaskPool(Pool):
    """The workers of a Dask scheduler, which itself tries again what a lost worker had.

    Parameters
    ----------
    address : str
        Such as ``tcp://127.0.0.1:8786``.

    Raises
    ------
    CourseError
        If nobody answers there, or no worker has joined.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, KilledWorker
        except ModuleNotFoundError:
            raise CourseError("Dask is not installed: pip install 'rnnlib[fleet]'.") from None
        try:
            self._client = Client(address, timeout=5)
        except (OSError, ValueError, TimeoutError) as error:
            raise CourseError(f"No Dask scheduler answers at {address}: {error}.") from None
        threads = sum(self._client.nthreads().values())
        if not threads:
            self._client.close()
            raise CourseError(f"No worker has joined the Dask scheduler at {address}.")
        self.ahead = 2 * threads
        self.final = (KilledWorker,)
        self.executor = self._client.get_executor(pure=False)

    def close(self) -> None:
        self.executor.shutdown(wait=False)
        self._client.close()


def work_off(
    jobs: Iterable[Job], pool: Pool, work: Callable[[str], str] = worker.work
) -> Iterator[tuple[Job, str | None]]:
    """Hand jobs to a pool and yield each with its answer, in the order in which they come.

    A process that dies takes all tasks of its executor with it, and nothing tells whose fault it
    was. So each of them is tried once more, alone: who then dies again is to blame.

    Parameters
    ----------
    jobs : iterable of objects with a ``task``
        Taken only as the pool has room.
    pool : Pool
    work : callable
        What is done with each task, in a process of the pool.

    Yields
    ------
    job, answer
        The answer is None if the process died that graded it, twice.

    Raises
    ------
    CourseError
        If a worker cannot grade at all, or the scheduler is lost.
    """
    waiting = iter(jobs)
    suspects: deque[Job] = deque()
    deaths: Counter[Job] = Counter()  # when alone
    running: dict[Future[str], Job] = {}
    while True:
        alone = bool(suspects)
        if alone:
            job = suspects.popleft()
            running[_submit(pool, work, job)] = job
        else:
            for job in islice(waiting, pool.ahead - len(running)):
                running[_submit(pool, work, job)] = job
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        broken = any(isinstance(_error(future), BrokenExecutor) for future in done)
        if broken:  # and with one future all of them
            done, _ = wait(running)
        for future in done:
            job, error = running.pop(future), _error(future)
            if error is None:
                yield job, future.result()
            elif isinstance(error, pool.passing):
                deaths[job] += alone
                if deaths[job] < 2:
                    suspects.append(job)
                else:
                    yield job, None
            elif isinstance(error, pool.final):
                yield job, None
            elif isinstance(error, worker.DifferentEnvironment | SandboxUnavailable):
                raise CourseError(str(error))
            else:
                raise error
        if broken:
            pool.replace()


def _submit(pool: Pool, work: Callable[[str], str], job: HasTask) -> Future[str]:
    try:
        return pool.executor.submit(work, job.task)
    except BrokenExecutor as error:  # it broke a moment ago
        future: Future[str] = Future()
        future.set_exception(error)
        return future


def _error(future: Future[str]) -> BaseException | None:
    """Return what a finished future failed with."""
    try:
        return future.exception()
    except CancelledError:
        return CourseError("The Dask scheduler is lost. What is graded is kept: run this again.")
