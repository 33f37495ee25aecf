"""The process that reaches the verdicts: the instructor's cells run in it, the student's never do.

What a test cell reads and no cell of the instructor sets is asked for in the student's process:
functions become stand-ins, plain values come as they are. A name that a cell of the instructor sets
is the instructor's for good; a student who defines it too changes nothing.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

import IPython

from grading.examiner import codec, proxies
from grading.examiner.protocol import CALL, DESCRIBE, REPLY, VERDICT
from grading.sandbox.frames import Channel, ChannelClosed

LONGEST_TRACE = 20
MISSING = object()


def serve(channel: Channel, value_bytes: int) -> None:
    """Run the instructor's cells, as the grader asks, until it hangs up."""
    judge = Judge(channel, value_bytes)
    while True:
        try:
            _, payload = channel.receive()
        except ChannelClosed:
            return
        verdict = judge.run(payload.decode())
        judge.interactive.flush()
        judge.outputs.write(VERDICT, json.dumps(verdict).encode())


class Judge:
    """Runs cells of the instructor and says how each ended.

    Parameters
    ----------
    channel : Channel
        To the grader, which passes requests on to the student's process.
    value_bytes : int
        Largest argument of a call.
    """

    def __init__(self, channel: Channel, value_bytes: int) -> None:
        self.channel = channel
        self.value_bytes = value_bytes
        self.interactive = IPython.get_ipython()
        self.outputs = self.interactive.outputs
        self.outputs.open(channel)
        sys.stdout, sys.stderr = self.interactive.streams
        self.interactive.showtraceback = lambda *_, **__: None
        self.interactive.showsyntaxerror = lambda *_, **__: None
        self.read: set[str] = set()  # by cells of the instructor
        self.own: set[str] = set()  # set by cells of the instructor
        self.borrowed: dict[str, Any] = {}  # what was put in for the student's names
        self.made: dict[str, str] = {}  # types of the student's values that cannot cross, by name

    def run(self, source: str) -> dict[str, Any]:
        """Run a cell.

        Returns
        -------
        dict
            ``error``: None, or a dict with ``kind``, ``text`` and ``trace``; ``credit``: what the
            last line evaluates to, as a number, as a text if it is none, or None.
        """
        try:
            read, bound = proxies.global_names(self.interactive.transform_cell(source))
        except SyntaxError as error:
            return {"error": {"kind": "SyntaxError", "text": str(error), "trace": []}}
        self.read |= read
        self.own |= bound  # also if the cell fails before it sets them
        try:
            self._borrow()
        except Exception as error:
            return {"error": _describe(error, self.made)}
        result = self.interactive.run_cell(source, store_history=False)
        self._keep_own()
        raised = result.error_before_exec or result.error_in_exec
        if raised is not None:
            return {"error": _describe(raised, self.made)}
        return {"error": None, "credit": _credit(result.result)}

    def _borrow(self) -> None:
        """Look up in the student's process what cells of the instructor read and never set."""
        names = self.interactive.user_ns
        for name in self.borrowed:
            names.pop(name, None)
        wanted = sorted(self.read - names.keys() - self.own)
        self.borrowed = dict.fromkeys(wanted, MISSING)
        self.made = {}
        if not wanted:
            return
        facts = codec.decode(self._ask(DESCRIBE, codec.encode(wanted, exact=True, largest=2**20)))
        if not isinstance(facts, dict):
            raise proxies.StudentError("the answer of the kernel makes no sense")
        for name in wanted:
            match facts.get(name):
                case ("function",):
                    stand_in = proxies.stand_in(name, self._call, self.value_bytes)
                    names[name] = self.borrowed[name] = stand_in
                case ("value", value):
                    names[name] = self.borrowed[name] = value
                case ("other", str(kind)):
                    self.made[name] = proxies.printable(kind, 50)

    def _keep_own(self) -> None:
        """Note which of the borrowed names the cell has set: the instructor's from now on."""
        names = self.interactive.user_ns
        for name, value in list(self.borrowed.items()):
            if names.get(name, MISSING) is not value:
                del self.borrowed[name]

    def _call(self, request: bytes) -> bytes:
        __tracebackhide__ = True
        return self._ask(CALL, request)

    def _ask(self, kind: bytes, request: bytes) -> bytes:
        """Have the grader pass a request on, and wait for the answer."""
        self.outputs.write(kind, request)
        answer, payload = self.channel.receive()
        if answer != REPLY:
            raise proxies.StudentError(payload.decode())
        return payload


def _credit(value: Any) -> float | int | str | None:
    if value is None or type(value) in (int, float):
        return value
    if isinstance(value, float):  # NumPy's float64 is one
        return float(value)
    return f"{type(value).__name__} {value!r}"[:100]


def _describe(error: BaseException, made: dict[str, str]) -> dict[str, Any]:
    """Say what went wrong in a cell, and in which of its lines."""
    kind = type(error).__name__
    text = str(error)
    if isinstance(error, NameError) and error.name in made:
        kind_of_value = made[error.name]
        text = f"{error.name} is a {kind_of_value}: a test sees functions and plain values only"
    trace = []
    for frame in traceback.extract_tb(error.__traceback__):
        if "ipython-input" in frame.filename:
            trace.append(f"line {frame.lineno}: {frame.line}")
    trace += getattr(error, "__notes__", [])
    return {
        "kind": kind,
        "text": proxies.printable(text),
        "trace": [proxies.printable(line, 300) for line in trace[-LONGEST_TRACE:]],
    }
