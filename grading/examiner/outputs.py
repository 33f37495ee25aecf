"""Keep what cells show: in nbformat's types, bounded, whatever was sent."""

from __future__ import annotations

import json
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

# What a page can show without running anything of the sender's.
SHOWN = (
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/svg+xml",
)


class Kept:
    """Collects outputs of all cells of a notebook, up to a number of bytes.

    Parameters
    ----------
    largest : int
        Of the whole notebook; what comes after is dropped, and flagged once.
    """

    def __init__(self, largest: int) -> None:
        self.left = largest
        self.flags: list[str] = []
        self._displayed: dict[str, NotebookNode] = {}

    def add(
        self, outputs: list[NotebookNode], payload: bytes, *, only_stdout: bool = False
    ) -> None:
        """Append an output, sent as JSON, to those of a cell."""
        if self.left < 0:
            return
        self.left -= len(payload)
        if self.left < 0:
            self.flags.append("output was dropped: there was more than the notebook may write")
            outputs.append(_stream("stderr", "[more output was dropped]\n"))
            return
        try:
            content = json.loads(payload)
        except (ValueError, RecursionError):
            return
        if isinstance(content, dict):
            self._append(outputs, content, only_stdout)

    def _append(
        self, outputs: list[NotebookNode], content: dict[str, Any], only_stdout: bool
    ) -> None:
        kind = content.get("output_type")
        if kind == "stream":
            name = "stdout" if content.get("name") == "stdout" else "stderr"
            if only_stdout and name != "stdout":
                return
            text = _text(content.get("text"))
            last = outputs[-1] if outputs else None
            if last is not None and last.output_type == "stream" and last.name == name:
                last.text += text
            else:
                outputs.append(_stream(name, text))
        elif only_stdout:
            return
        elif kind == "clear":
            outputs.clear()
        elif kind in ("display_data", "execute_result"):
            self._display(outputs, kind, content)
        elif kind == "error":
            trace = content.get("traceback")
            outputs.append(
                new_output(
                    "error",
                    ename=_text(content.get("ename")),
                    evalue=_text(content.get("evalue")),
                    traceback=[_text(line) for line in trace] if isinstance(trace, list) else [],
                )
            )

    def _display(self, outputs: list[NotebookNode], kind: str, content: dict[str, Any]) -> None:
        data = content.get("data")
        bundle = {
            mime: _text(data[mime])
            for mime in SHOWN
            if isinstance(data, dict) and isinstance(data.get(mime), str)
        }
        if not bundle:
            return
        name = content.get("id")
        if content.get("update"):
            if isinstance(name, str) and name in self._displayed:
                self._displayed[name].data = NotebookNode(bundle)
            return
        output = new_output(kind, data=bundle)
        outputs.append(output)
        if isinstance(name, str):
            self._displayed[name] = output


def _stream(name: str, text: str) -> NotebookNode:
    return new_output("stream", name=name, text=text)


def _text(value: Any) -> str:
    """Return a string that can be written to a file, whatever it was."""
    return str(value or "").encode("utf-8", "replace").decode()
