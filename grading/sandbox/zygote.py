"""The process that has everything imported and forks a sandboxed process per request.

It runs inside bubblewrap, and only code of this repository runs in it: whatever is untrusted
reaches a fork, never the zygote. ``python -m grading.sandbox.zygote FD MODULE...`` imports the
modules and calls ``warm_up`` of each that has one. Then each request on the socket FD names a
function of one of them, which a new process calls with its channel.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from grading.sandbox import confine
from grading.sandbox.frames import Channel

REQUEST_BYTES = 65536


def main(control_fd: int, modules: list[str]) -> None:
    control = socket.socket(fileno=control_fd)
    os.set_inheritable(control_fd, False)
    for name in modules:
        module = importlib.import_module(name)
        if hasattr(module, "warm_up"):
            module.warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks of this process
    confine.measure()
    gc.collect()
    gc.freeze()  # or the first collection in each fork would copy every page
    control.sendall(b"ready")
    while True:
        text, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES, 2)
        if not text:  # the grader is gone
            return
        if os.fork() == 0:
            try:
                control.close()
                channel, status = (socket.socket(fileno=fd) for fd in descriptors)
                _supervise(json.loads(text), channel, status)
            finally:
                os._exit(0)
        for fd in descriptors:
            os.close(fd)


def _supervise(request: dict[str, Any], channel: socket.socket, status: socket.socket) -> None:
    """Fork the confined process, pass a handle of it to the grader, then say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        confine.die_with_parent()
        if request["confined"]:
            confine.separate(request["file_bytes"], keep=request["keep"], shared=request["shared"])
        process = os.fork()
        if process == 0:
            _run(request, channel, status)
        channel.close()
        handle = os.pidfd_open(process)
        socket.send_fds(status, [b"{}"], [handle])
        os.close(handle)
        _, wait_status = os.waitpid(process, 0)
        code = os.waitstatus_to_exitcode(wait_status)
        status.sendall(json.dumps({"exit": code}).encode())
    except OSError as error:
        status.sendall(json.dumps({"error": str(error)}).encode())


def _run(request: dict[str, Any], channel: socket.socket, status: socket.socket) -> None:
    """Confine this process and call the function that was asked for; never returns."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        keep = channel.fileno()
        for fd in range(3, max(keep, status.fileno())):
            if fd not in (keep, status.fileno()):
                _close(fd)
        os.closerange(max(keep, status.fileno()) + 1, 4096)
        if request["confined"]:
            confine.restrict(request)
            os.chdir(confine.HOME)
        else:
            confine.die_with_parent()
        module, function = request["function"].split(":")
        entry = getattr(sys.modules[module], function)
    except BaseException as error:
        status.sendall(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        os._exit(1)
    status.close()
    try:
        messages = Channel(channel)
        messages.receive()  # the grader has put this process into its control group
        entry(messages, *request["arguments"])
    finally:
        os._exit(0)


def _close(fd: int) -> None:
    with suppress(OSError):
        os.close(fd)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
