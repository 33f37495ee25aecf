"""The IPython that runs cells in the sandbox and sends what they show to the grader."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from grading.examiner.protocol import OUTPUT
from grading.sandbox.frames import Channel

FLUSH_CHARACTERS = 4096
FLUSH_SECONDS = 0.2


class Outputs:
    """Send outputs, as nbformat writes them, over a channel."""

    def __init__(self) -> None:
        self.channel: Channel | None = None
        self._lock = threading.RLock()
        self._owner = 0

    def open(self, channel: Channel) -> None:
        self.channel = channel
        self._owner = os.getpid()

    def send(self, output: dict[str, Any]) -> None:
        text = json.dumps(output, default=str)
        self.write(OUTPUT, text.encode(errors="replace"))

    def write(self, kind: bytes, payload: bytes) -> None:
        """Send a message whole, whichever thread asks and whatever interrupts it."""
        if self.channel is None or os.getpid() != self._owner:  # a process that a cell has forked
            return
        with self._lock:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                self.channel.send(kind, payload)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Stream(io.TextIOBase):
    """``sys.stdout`` and ``sys.stderr`` of a cell."""

    encoding = "utf-8"

    def __init__(self, name: str, outputs: Outputs) -> None:
        self.name = name
        self._outputs = outputs
        self._parts: list[str] = []
        self._size = 0
        self._begun = 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if not self._parts:
            self._begun = time.monotonic()
        self._parts.append(text)
        self._size += len(text)
        waiting = time.monotonic() - self._begun > FLUSH_SECONDS
        if text.endswith("\n") or waiting or self._size >= FLUSH_CHARACTERS:
            self.flush()  # line by line, so that a crash takes no more than a line with it
        return len(text)

    def flush(self) -> None:
        parts, self._parts, self._size = self._parts, [], 0
        if parts:
            self._outputs.send({"output_type": "stream", "name": self.name, "text": "".join(parts)})


class Publisher(DisplayPublisher):
    """What ``display(...)`` calls."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: str | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        output = {"output_type": "display_data", "data": _as_text(data)}
        self.shell.emit(output | {"id": (transient or {}).get("display_id"), "update": update})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.emit({"output_type": "clear"})


class Hook(DisplayHook):
    """What shows the value of a cell's last line."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        data = _as_text(format_dict)
        if data:
            shell: Any = self.shell
            shell.emit({"output_type": "execute_result", "data": data})


class Shell(InteractiveShell):
    """Runs cells as a notebook does, and hands their outputs to `outputs`."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)

    def __init__(self, **options: Any) -> None:
        self.outputs = Outputs()
        self.streams = [Stream(name, self.outputs) for name in ("stdout", "stderr")]
        super().__init__(**options)

    def emit(self, output: dict[str, Any]) -> None:
        self.flush()  # what was printed before comes before
        self.outputs.send(output)

    def flush(self) -> None:
        for stream in self.streams:
            stream.flush()

    def enable_gui(self, gui: str | None = None) -> None:
        """Figures are shown inline; there is no window to open."""

    def ask_exit(self) -> None:
        """A notebook goes on after ``exit``."""

    @contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """IPython would keep all that is printed for its history, however much it is."""
        yield

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            text = str(evalue)
        except Exception:
            text = "(an error that cannot be shown)"
        self.emit(
            {
                "output_type": "error",
                "ename": str(etype.__name__),
                "evalue": text,
                "traceback": [str(part) for part in stb],
            }
        )


def create() -> Shell:
    """Make the shell of this process; there is one."""
    config = Config()
    config.HistoryManager.enabled = False  # it would write to disk from a thread of its own
    config.Completer.use_jedi = False
    shell = Shell.instance(config=config)
    shell.init_display_formatter()
    return shell


def _as_text(data: dict[str, Any]) -> dict[str, Any]:
    return {
        mime: b64encode(content).decode() if isinstance(content, bytes) else content
        for mime, content in data.items()
    }
