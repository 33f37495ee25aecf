"""The grader's side of the sandbox: start a zygote, have it fork, watch and end what it forked."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from grading.sandbox import bubblewrap, cgroups
from grading.sandbox.confine import PRIVATE
from grading.sandbox.frames import Channel, ChannelClosed
from grading.sandbox.limits import Limits

START_SECONDS = 180.0
FORK_SECONDS = 30.0
END_SECONDS = 5.0
USERS = range(61184, 65520)  # systemd's range for users that exist only while a service runs
OUR_OWN_PROCESSES = 8  # the zygote and what it forks beside the untrusted process


class SandboxUnavailable(Exception):
    """This machine cannot sandbox; the text says what to install or to set."""


class Process:
    """A sandboxed process, seen from outside.

    Attributes
    ----------
    channel : Channel
        Messages from and to the function that runs in it.
    """

    def __init__(
        self, channel: Channel, status: socket.socket, handle: int, group: cgroups.Group
    ) -> None:
        self.channel = channel
        self._status = status
        self._handle = handle
        self._group = group
        self._ended: str | None = None

    def interrupt(self) -> None:
        """Do what Ctrl-C does."""
        self.signal(signal.SIGINT)

    def signal(self, number: int) -> None:
        """Send a signal to its first process, unless it has ended."""
        with suppress(OSError):
            signal.pidfd_send_signal(self._handle, number)

    def ended(self) -> bool:
        return bool(select.select([self._handle], [], [], 0)[0])

    def end(self) -> str:
        """Kill it, with all that it started, and return in a few words how it had ended."""
        if self._ended is None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self._ended = self._reason()
            os.close(self._handle)
            self.channel.close()
            self._status.close()
            self._group.remove()
        return self._ended

    def reason(self) -> str:
        """Say in a few words how it ended by itself; then clean up after it."""
        self._status.settimeout(END_SECONDS)
        select.select([self._handle], [], [], 1.0)
        return self.end()

    def _reason(self) -> str:
        self._status.settimeout(END_SECONDS)
        try:
            facts = json.loads(self._status.recv(4096) or b"{}")
        except (OSError, ValueError):
            facts = {}
        if self._group.out_of_memory():
            return "killed for using too much memory"
        code = facts.get("exit")
        if code is None:
            return str(facts.get("error", "killed"))
        if code >= 0:
            return f"it exited with status {code}"
        return f"killed by {signal.Signals(-code).name}"


class Zygote:
    """A process with the libraries imported that forks sandboxed processes; a context manager.

    Parameters
    ----------
    modules : sequence of str
        What to import; functions of these modules can be run by `fork`.
    sandbox : bool, optional
        False runs everything with our own rights: for code that you wrote yourself.
    shared : Path, optional
        See `grading.sandbox.bubblewrap.command`.

    Raises
    ------
    SandboxUnavailable
        If there is no bubblewrap, or the kernel refuses it.
    """

    def __init__(
        self, modules: Sequence[str], *, sandbox: bool = True, shared: Path | None = None
    ) -> None:
        if sandbox:
            check_installed()
            cgroups.sweep()
        self.sandbox = sandbox
        self.user_changes = sandbox and bubblewrap.privileged()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        start = [sys.executable, "-m", "grading.sandbox.zygote", str(theirs.fileno()), *modules]
        command = bubblewrap.command(start, shared=shared) if sandbox else start
        self._control = ours
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed with us)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C at the keyboard is for the grader
            env=None if sandbox else os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        )
        theirs.close()
        ours.settimeout(START_SECONDS)
        try:
            ready = ours.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            self.close()
            raise SandboxUnavailable(refusal(self._what_it_said()))

    def fork(
        self,
        function: str,
        limits: Limits,
        arguments: Sequence[Any] = (),
        *,
        shared: bool = False,
    ) -> Process:
        """Start a sandboxed process that runs a function, and return its handle.

        Parameters
        ----------
        function : str
            ``"module:name"``; it is called with its `Channel` and ``arguments``, and the process
            ends when it returns.
        limits : Limits
        arguments : sequence, optional
            Of what JSON can say.
        shared : bool, optional
            Whether the process may write to the folder that the zygote shares with the host.

        Raises
        ------
        SandboxUnavailable
            If the process could not be confined.
        """
        group = cgroups.Group(limits.memory_bytes, limits.processes) if self.sandbox else NO_GROUP
        request = {
            "function": function,
            "arguments": list(arguments),
            "confined": self.sandbox,
            "file_bytes": int(limits.file_bytes),
            "processes": int(limits.processes) + OUR_OWN_PROCESSES,
            "address_bytes": None if "memory" in group.folders else int(limits.memory_bytes),
            "user": random.choice(USERS) if self.user_changes else None,
            "keep": [str(folder) for folder in bubblewrap.libraries() if hidden(folder)],
            "shared": shared,
        }
        ours, theirs = socket.socketpair()
        status, their_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, their_status:
            try:
                socket.send_fds(
                    self._control,
                    [json.dumps(request).encode()],
                    [theirs.fileno(), their_status.fileno()],
                )
            except OSError:
                raise SandboxUnavailable(f"the sandbox ended: {self._what_it_said()}") from None
        status.settimeout(FORK_SECONDS)
        text, handles, _, _ = socket.recv_fds(status, 4096, 1)
        facts = json.loads(text or b'{"error": "the process ended at once"}')
        if "error" in facts:
            group.remove()
            raise SandboxUnavailable(refusal(facts["error"]))
        process = Process(Channel(ours, limits.value_bytes + 2**20), status, handles[0], group)
        with suppress(ProcessLookupError, ChannelClosed):  # it failed: whoever reads from it learns
            group.add(_number(handles[0]))
            process.channel.send(b"!")  # it waits for this before it runs anything
        return process

    def close(self) -> None:
        """End the zygote and everything it forked."""
        self._control.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def alive(self) -> bool:
        return self._process.poll() is None

    def _what_it_said(self) -> str:
        self._said.seek(0)
        lines = self._said.read()[-4000:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def __enter__(self) -> Zygote:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _NoGroup(cgroups.Group):
    def __init__(self) -> None:
        self.folders = {}


NO_GROUP = _NoGroup()


def check_installed() -> None:
    """Raise SandboxUnavailable if this machine has no bubblewrap."""
    if not sys.platform.startswith("linux"):
        raise SandboxUnavailable(
            "Students' code can be graded on Linux only: the sandbox is bubblewrap's. "
            "Use a virtual machine, or Linux in a container that may make user namespaces."
        )
    if not bubblewrap.installed():
        raise SandboxUnavailable(
            "Students' code cannot be run safely here: the command bwrap is missing. "
            "Install the package bubblewrap (Debian, Ubuntu: sudo apt-get install bubblewrap)."
        )


def refusal(cause: str) -> str:
    """One sentence for when the kernel will not let us sandbox."""
    return (
        f"Students' code cannot be run safely here: the sandbox did not start ({cause}). "
        "The package bubblewrap needs user namespaces: allow them with "
        "'sysctl user.max_user_namespaces=10000' and, where these settings exist, "
        "'kernel.unprivileged_userns_clone=1' and 'kernel.apparmor_restrict_unprivileged_userns=0'."
    )


def check_sandbox() -> None:
    """Start a sandbox, confine a process in it, and end both.

    Raises
    ------
    SandboxUnavailable
        If this machine cannot do that; the text names the package and the setting.
    """
    with Zygote(["grading.sandbox.zygotes"]) as zygote:
        process = zygote.fork("grading.sandbox.zygotes:_hello", Limits())
        try:
            process.channel.receive(time.monotonic() + FORK_SECONDS)
        except Exception:
            raise SandboxUnavailable(refusal(process.reason())) from None
        process.end()


def enforced_by() -> dict[str, str]:
    """Say of each limit what enforces it on this machine."""
    group = cgroups.Group(2**30, 64)
    group.remove()
    return {
        "cell_seconds, submission_seconds": "the grader's clock: interrupt, then SIGKILL",
        "memory_bytes": "control group v1: all processes together"
        if "memory" in group.folders
        else "RLIMIT_AS: each process for itself",
        "processes": "control group v1"
        if "pids" in group.folders
        else "RLIMIT_NPROC in the sandbox's user namespace",
        "file_bytes": "RLIMIT_FSIZE for one file, size of the private tmpfs for all",
        "output_bytes, value_bytes": "the grader, as it reads",
    }


def hidden(folder: Path) -> bool:
    """Whether a folder lies in a place of which each process has its own."""
    return any(folder.is_relative_to(place) for place in PRIVATE)


def _hello(channel: Channel) -> None:
    channel.send(b"!")


def _number(handle: int) -> int:
    """Return the process id, in our own numbering, of a pidfd."""
    text = Path(f"/proc/self/fdinfo/{handle}").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pid:"))
