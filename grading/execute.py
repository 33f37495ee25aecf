"""Run a submission's notebook: the student's cells in one sandbox, the verdicts in another.

`Examiner` is what grades one notebook; `Examine` puts it into nbgrader's own ``autograde``.
"""

from __future__ import annotations

import atexit
import json
import time
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import Dict

from grading.examiner import protocol
from grading.examiner.outputs import Kept
from grading.examiner.verdicts import Verdict, weigh
from grading.sandbox.frames import ChannelClosed, Overdue, Oversized
from grading.sandbox.limits import Limits
from grading.sandbox.zygotes import Process, SandboxUnavailable, Zygote, check_sandbox

__all__ = [
    "Examination",
    "Examine",
    "Examiner",
    "Limits",
    "SandboxUnavailable",
    "Verdict",
    "check_sandbox",
]

MODULES = (protocol.STUDENT, protocol.JUDGE)
DEFAULT_LIMITS = Limits()
GRACE_SECONDS = 2.0  # between an interrupt, or the end of a test's time, and SIGKILL
HIDDEN = ClearHiddenTests.begin_test_delimeter.default_value


@dataclass(frozen=True)
class Examination:
    """What became of one notebook.

    Attributes
    ----------
    notebook : NotebookNode
        With the outputs of the student's cells; a test cell shows its verdict, in the form from
        which nbgrader reads the same points.
    verdicts : list of Verdict
        One for each test cell, in order.
    flags : list of str
        What an instructor should know, a sentence each.
    seconds, student_seconds : float
        Wall time of everything, and of the student's code.
    """

    notebook: NotebookNode
    verdicts: list[Verdict]
    flags: list[str]
    seconds: float
    student_seconds: float


class Examiner:
    """Grades notebooks, one at a time; a context manager.

    Its libraries are imported once, so that a notebook costs little more than its own cells.
    Several processes may each have one.

    Parameters
    ----------
    sandbox : bool, optional
        False runs the notebooks with all your rights: for those that you wrote yourself.

    Raises
    ------
    SandboxUnavailable
        If this machine cannot sandbox; nothing has run then.
    """

    def __init__(self, *, sandbox: bool = True) -> None:
        self._sandbox = sandbox
        self._zygote: Zygote | None = Zygote(MODULES, sandbox=sandbox)

    def examine(self, notebook: NotebookNode, *, limits: Limits = DEFAULT_LIMITS) -> Examination:
        """Run a notebook and reach one verdict for each of its test cells.

        Parameters
        ----------
        notebook : NotebookNode
            Its locked cells must be the instructor's own, hidden tests included; it is not changed.
        limits : Limits, optional

        Returns
        -------
        Examination
        """
        if self._zygote is not None and self._zygote.alive():
            try:
                return _Session(self._zygote, notebook, limits).run()
            except SandboxUnavailable:  # it has ended since, for example killed for want of memory
                pass
        self.close()
        self._zygote = Zygote(MODULES, sandbox=self._sandbox)
        return _Session(self._zygote, notebook, limits).run()

    def alive(self) -> bool:
        """Whether the sandbox has survived: it may have been killed from outside."""
        return self._zygote is not None and self._zygote.alive()

    def close(self) -> None:
        """End the sandbox."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def __enter__(self) -> Examiner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Gone(Exception):
    """The student's process has ended, or was ended; the text says how."""


class _Session:
    """One notebook, from its first cell to its last."""

    def __init__(self, zygote: Zygote, notebook: NotebookNode, limits: Limits) -> None:
        self.zygote = zygote
        self.notebook = deepcopy(notebook)
        self.limits = limits
        self.started = time.monotonic()
        self.end = self.started + limits.submission_seconds
        self.verdicts: list[Verdict] = []
        self.flags: list[str] = []
        self.kept = Kept(limits.output_bytes)
        self.student_seconds = 0.0
        self.student: Process | None = None
        self.judge: Process | None = None
        self.locked: list[NotebookNode] = []  # cells that a new judge has to run first
        self.gone = ""  # why there is no student's process any more

    def run(self) -> Examination:
        try:
            self.student = self._start(protocol.STUDENT)
            self.judge = self._start(protocol.JUDGE)
            number = 0
            for at, cell in enumerate(self.notebook.cells):
                if cell.cell_type != "code":
                    continue
                number += 1
                cell.outputs, cell.execution_count = [], None
                if is_grade(cell) and not is_solution(cell):
                    self.verdicts.append(self._test(cell))
                    continue
                if not self.gone and cell.source.strip():
                    cell.execution_count = number
                    self._run_cell(cell, at)
                if is_locked(cell):
                    self.locked.append(cell)
                    self._judge(cell)
        finally:
            for process in (self.student, self.judge):
                if process is not None:
                    process.end()
        self.flags += self.kept.flags
        seconds = time.monotonic() - self.started
        return Examination(self.notebook, self.verdicts, self.flags, seconds, self.student_seconds)

    def _start(self, module: str) -> Process:
        return self.zygote.fork(f"{module}:serve", self.limits, [self.limits.value_bytes])

    def _deadline(self) -> float:
        return min(time.monotonic() + self.limits.cell_seconds, self.end)

    # The student's process

    def _run_cell(self, cell: NotebookNode, at: int) -> None:
        """Run a cell of the student's."""
        try:
            source = cell.source.encode("utf-8", "replace")
            deadline = self._deadline()
            _, interrupted = self._ask_student(protocol.RUN, source, deadline, cell.outputs)
            if interrupted:
                self.flags.append(f"cell {at + 1} ran longer than it may and was interrupted")
        except _Gone as gone:
            self.gone = f"the kernel died in cell {at + 1}: {gone}"
            self.flags.append(self.gone)
            cell.outputs.append(_error("DeadKernel", str(gone), []))

    def _ask_student(
        self,
        kind: bytes,
        payload: bytes,
        deadline: float,
        outputs: list[NotebookNode],
        *,
        only_stdout: bool = False,
    ) -> tuple[bytes, bool]:
        """Send a request and collect outputs; return the answer, and whether it was interrupted."""
        assert self.student is not None
        channel = self.student.channel
        begin = time.monotonic()
        interrupted = False
        try:
            channel.send(kind, payload, deadline)
            while True:
                try:
                    answer, content = channel.receive(deadline)
                except Overdue:
                    if interrupted:
                        raise
                    interrupted = True
                    self.student.interrupt()
                    deadline = time.monotonic() + GRACE_SECONDS
                    continue
                if answer == protocol.OUTPUT:
                    self.kept.add(outputs, content, only_stdout=only_stdout)
                    continue
                return content, interrupted
        except Overdue:
            self.student.end()
            raise _Gone("it ran longer than it may and did not stop when told to") from None
        except Oversized as error:
            self.student.end()
            raise _Gone(f"it sent too much at once, {error}") from None
        except ChannelClosed:
            raise _Gone(self.student.reason()) from None
        finally:
            self.student_seconds += time.monotonic() - begin

    # The judge

    def _test(self, cell: NotebookNode) -> Verdict:
        """Run a test cell and let it show its verdict."""
        mark = cell.metadata.nbgrader
        name, most = str(mark.grade_id), float(mark.points)
        hidden = HIDDEN in cell.source
        begin = time.monotonic()
        printed: list[NotebookNode] = []
        if self.gone:
            facts: dict[str, Any] = {"error": _failure("NotRun", f"not run, {self.gone}")}
        elif begin >= self.end:
            facts = {"error": _failure("NotRun", "not run, the notebook took longer than it may")}
        else:
            facts = self._judge(cell, printed)
        error = facts["error"]
        if error is None:
            points, flag = weigh(facts.get("credit"), most)
            if flag:
                self.flags.append(f"test cell {name}: {flag}")
            detail = flag
        else:
            points, detail = 0.0, _sentence(error)
        message = "" if hidden else detail
        if not hidden:
            cell.outputs += printed
        if error is not None or (points == 0 and most > 0):
            shown = error if error and message else _failure("Failed", "")
            cell.outputs.append(_error(shown["kind"], shown["text"], shown["trace"]))
        elif points != most:
            cell.outputs.append(_result(points))
        seconds = time.monotonic() - begin
        return Verdict(name, points, most, points == most, message, seconds, detail)

    def _judge(
        self, cell: NotebookNode, printed: list[NotebookNode] | None = None
    ) -> dict[str, Any]:
        """Have the judge run a cell; if the last one had to be ended, a new one."""
        if self.judge is None:
            self.judge = self._start(protocol.JUDGE)
            for earlier in self.locked:
                self._ask_judge(earlier, [])
                if self.judge is None:
                    return {"error": _failure("TimeoutError", "a cell that tests need did not end")}
        return self._ask_judge(cell, [] if printed is None else printed)

    def _ask_judge(self, cell: NotebookNode, printed: list[NotebookNode]) -> dict[str, Any]:
        """Send a cell to the judge, and pass its questions on to the student's process."""
        assert self.judge is not None
        channel, deadline = self.judge.channel, self._deadline()
        try:
            channel.send(protocol.RUN, cell.source.encode("utf-8", "replace"), deadline)
            while True:
                kind, payload = channel.receive(deadline + 2 * GRACE_SECONDS)
                if kind == protocol.VERDICT:
                    return json.loads(payload)
                if kind == protocol.OUTPUT:
                    self.kept.add(printed, payload, only_stdout=True)
                    continue
                answer, content = self._pass_on(kind, payload, deadline, printed)
                channel.send(answer, content, deadline + 2 * GRACE_SECONDS)
        except Overdue:
            reason = "the test ran longer than it may"
        except Oversized:
            reason = "the test sent too much at once"
        except ChannelClosed:
            reason = f"the process of the test ended: {self.judge.reason()}"
        self.judge.end()
        self.judge = None
        self.flags.append(f"test cell {cell.metadata.nbgrader.grade_id}: {reason}")
        return {"error": _failure("TimeoutError", reason)}

    def _pass_on(
        self, kind: bytes, payload: bytes, deadline: float, printed: list[NotebookNode]
    ) -> tuple[bytes, bytes]:
        """Ask the student's process on behalf of the judge."""
        late = f"the test and the calls it makes took longer than {self.limits.cell_seconds:g} s"
        if self.gone:
            return protocol.FAILED, self.gone.encode()
        if time.monotonic() >= deadline:
            return protocol.FAILED, late.encode()
        try:
            answer, interrupted = self._ask_student(
                kind, payload, deadline, printed, only_stdout=True
            )
        except _Gone as gone:
            self.gone = f"the kernel died in a call of a test: {gone}"
            self.flags.append(self.gone)
            return protocol.FAILED, self.gone.encode()
        return (protocol.FAILED, late.encode()) if interrupted else (protocol.REPLY, answer)


def _failure(kind: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "text": text, "trace": []}


def _sentence(error: dict[str, Any]) -> str:
    """Return an error as one line of text."""
    told = error["kind"] in ("AssertionError", "NotRun", "StudentError")
    where = [line for line in error["trace"] if line.startswith("raised by ")]
    named = error["kind"] + (f": {error['text']}" if error["text"] else "")
    return ", ".join([error["text"] if told and error["text"] else named, *where])


def _error(kind: str, text: str, trace: list[str]) -> NotebookNode:
    last = f"{kind}: {text}" if text else kind
    return nbformat.v4.new_output("error", ename=kind, evalue=text, traceback=[*trace, last])


def _result(points: float) -> NotebookNode:
    return nbformat.v4.new_output("execute_result", data={"text/plain": f"{points:g}"})


class Examine(NbGraderPreprocessor):
    """Takes the place of nbgrader's ``Execute`` in ``Autograde.autograde_preprocessors``."""

    limits = Dict(help="Limits of the course, by name; an assignment can set its own.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        source = self._source(resources)
        limits = Limits(**self.limits).raised(source.metadata)
        examination = shared_examiner().examine(restored(nb, source), limits=limits)
        for flag in examination.flags:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], flag)
        return examination.notebook, resources

    def _source(self, resources: Any) -> NotebookNode:
        names = resources["nbgrader"]
        folder = CourseDirectory(config=self.config)
        path = folder.format_path(folder.source_directory, ".", names["assignment"])
        return nbformat.read(Path(path, f"{names['notebook']}.ipynb"), as_version=4)


def restored(notebook: NotebookNode, source: NotebookNode) -> NotebookNode:
    """Return a submission in which no cell is the instructor's but by the instructor's notebook.

    nbgrader lays the cells anew that it knows, but leaves the mark of one that a student has marked
    as locked; such a cell would run where the verdicts are reached.

    Parameters
    ----------
    notebook : NotebookNode
        The submission as nbgrader has sanitised it.
    source : NotebookNode
        The instructor's.
    """
    originals = {cell.metadata.nbgrader.grade_id: cell for cell in source.cells if _is_marked(cell)}
    cells = []
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader")
        original = originals.pop(mark.get("grade_id"), None) if isinstance(mark, dict) else None
        if original is not None and is_locked(original):
            cell = deepcopy(original)
        elif original is not None:
            cell.metadata.nbgrader.update(original.metadata.nbgrader)
        else:
            cell.metadata.pop("nbgrader", None)
        cells.append(cell)
    return NotebookNode(notebook | {"cells": cells})


def _is_marked(cell: NotebookNode) -> bool:
    return "grade_id" in cell.metadata.get("nbgrader", {})


@cache
def shared_examiner() -> Examiner:
    """Return the one examiner of this process, for whoever cannot keep one."""
    examiner = Examiner()
    atexit.register(examiner.close)
    return examiner
