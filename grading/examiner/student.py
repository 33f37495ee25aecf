"""The process in which the student's cells run and their functions are called.

Nothing here is a boundary: a cell can change any of it, and gains no more than to send other bytes.
"""

from __future__ import annotations

import json
import signal
import sys
import traceback
from typing import Any

import IPython
import torch

import rnnlib.check
from grading.examiner import codec, shell
from grading.examiner.protocol import CALL, DESCRIBE, DONE, REPLY, RUN
from grading.sandbox import warm
from grading.sandbox.frames import Channel, ChannelClosed


def warm_up() -> None:
    """Do once, before the fork, what would cost every submission the same time."""
    warm.torch()
    warm.matplotlib()
    rnnlib.LSTM(2, 3)(torch.zeros(4, 1, 2))[0].sum().backward()
    interactive = shell.create()
    sys.stdout, sys.stderr = interactive.streams
    for source in ("1 + 1", "def f():\n    return 1 / 0\nf()", "1 +", "%time 1", "display(1)"):
        interactive.run_cell(source, store_history=False)
    interactive.reset()


def serve(channel: Channel, value_bytes: int) -> None:
    """Run cells and call functions, as the grader asks, until it hangs up."""
    interactive = IPython.get_ipython()
    interactive.outputs.open(channel)
    sys.stdout, sys.stderr = interactive.streams
    sys.path.insert(0, "")  # as in a notebook: a module that a cell has written can be imported
    sys.argv = [""]
    answers = {RUN: _run, DESCRIBE: _describe, CALL: _call}
    while True:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            kind, payload = channel.receive()
            answer, content = answers[kind](interactive, payload, value_bytes)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            interactive.flush()
            interactive.outputs.write(answer, content)
        except ChannelClosed:
            return
        except KeyboardInterrupt:  # it came between a cell's end and the answer
            interactive.outputs.write(DONE, b"{}")


def _run(interactive: shell.Shell, payload: bytes, value_bytes: int) -> tuple[bytes, bytes]:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    result = interactive.run_cell(payload.decode(), store_history=True)
    return DONE, json.dumps({"success": bool(result.success)}).encode()


def _describe(interactive: shell.Shell, payload: bytes, value_bytes: int) -> tuple[bytes, bytes]:
    """Say of each name what the student's code has made of it."""
    facts: dict[str, Any] = {}
    for name in codec.decode(payload):
        if name not in interactive.user_ns:
            continue
        value = interactive.user_ns[name]
        if callable(value):
            facts[name] = ("function",)
            continue
        try:
            codec.encode(value, exact=False, largest=value_bytes)
            facts[name] = ("value", value)
        except Exception:
            facts[name] = ("other", type(value).__name__)
    return REPLY, codec.encode(facts, exact=False, largest=value_bytes)


def _call(interactive: shell.Shell, payload: bytes, value_bytes: int) -> tuple[bytes, bytes]:
    """Call a function; answer with its result and with the arguments if it changed them."""
    name, arguments, named, forbidden = codec.decode(payload)
    before = codec.encode((arguments, named), exact=False, largest=value_bytes)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        function = interactive.user_ns[name]
        if forbidden:
            function = rnnlib.check.forbid(function, *forbidden)
        result = function(*arguments, **named)
        after = codec.encode((arguments, named), exact=False, largest=value_bytes)
        changed = (arguments, named) if after != before else None
        answer = codec.encode(("returned", result, changed), exact=False, largest=value_bytes)
    except BaseException as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        answer = codec.encode(_raised(error), exact=False, largest=value_bytes)
    return REPLY, answer


def _raised(error: BaseException) -> tuple[str, str, str, str]:
    try:
        text = str(error)
    except BaseException:
        text = "(an error that cannot be shown)"
    where = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith(sys.prefix) and frame.line and "ipython" in frame.filename:
            where = f"line {frame.lineno} of your cell, `{frame.line}`"
    kind = type(error).__name__
    return ("raised", str(kind)[:100], text.encode("utf-8", "replace").decode()[:2000], where[:300])
