"""Limits that the kernel keeps for a group of processes, where the host lets us set them.

Version 1 of control groups, with the memory and pids controllers, as root. Elsewhere the limits of
`grading.sandbox.confine` hold alone; they count per process.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CONTROLLERS = ("memory", "pids")
PREFIX = "grading-"


def folder(controller: str) -> Path | None:
    """Where groups of a controller can be made; None if they cannot."""
    for mounted in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, options, *_ = mounted.split()
        if kind == "cgroup" and controller in options.split(","):
            break
    else:
        return None
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            ours = Path(where + path.rstrip("/"))
            return ours if os.access(ours, os.W_OK) else None
    return None


class Group:
    """A control group for the processes of one sandboxed process tree.

    Parameters
    ----------
    memory_bytes, processes : int
        The limits; each is kept if the host has the controller.
    """

    def __init__(self, memory_bytes: int, processes: int) -> None:
        name = f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        limits = {
            "memory": {"memory.limit_in_bytes": memory_bytes},
            "pids": {"pids.max": processes},
        }
        self.folders: dict[str, Path] = {}
        for controller in CONTROLLERS:
            parent = folder(controller)
            if parent is None:
                continue
            ours = parent / name
            try:
                ours.mkdir()
                self.folders[controller] = ours
                for file, value in limits[controller].items():
                    (ours / file).write_text(str(value))
            except OSError:  # a file system that is read-only, or a controller that is in use
                self.folders.pop(controller, None)
                with suppress(OSError):
                    ours.rmdir()
        memory = self.folders.get("memory")
        if memory is not None:
            with suppress(OSError):  # there only where the host accounts for swap
                (memory / "memory.memsw.limit_in_bytes").write_text(str(memory_bytes))

    def add(self, process: int) -> None:
        """Move a process, which has not started any other, into the group."""
        for ours in self.folders.values():
            (ours / "cgroup.procs").write_text(str(process))

    def out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the group for its memory."""
        if "memory" not in self.folders:
            return False
        text = (self.folders["memory"] / "memory.oom_control").read_text()
        facts = dict(line.split() for line in text.splitlines())
        return int(facts.get("oom_kill", 0)) > 0

    def remove(self) -> None:
        """Remove the group; its processes must have ended."""
        for ours in self.folders.values():
            with suppress(OSError):  # a process that is still being taken apart: `sweep` does it
                ours.rmdir()


def sweep() -> None:
    """Remove the groups that graders left behind that were killed."""
    for controller in CONTROLLERS:
        parent = folder(controller)
        for ours in _left(parent) if parent else ():
            with suppress(OSError):
                ours.rmdir()


def _left(parent: Path) -> Iterator[Path]:
    for ours in parent.glob(f"{PREFIX}*"):
        owner = ours.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", owner).exists():
            yield ours
