"""The filter refuses what it names, and lets through what programs need."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import time
from collections.abc import Callable

import pytest

from grading.sandbox import seccomp

ALLOW, KILL = 0x7FFF0000, 0x80000000


def run(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """Interpret the program as the kernel would, for one system call."""
    program = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    if architecture is None:
        architecture = seccomp.MACHINES[machine][0]
    data = struct.pack("=iIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    at = accumulator = 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        if code == seccomp.RETURN:
            return operand
        if code == seccomp.LOAD:
            accumulator = struct.unpack_from("=I", data, operand)[0]
            continue
        tests: dict[int, Callable[[int, int], bool]] = {
            seccomp.EQUAL: lambda a, b: a == b,
            seccomp.AT_LEAST: lambda a, b: a >= b,
            seccomp.ANY_BIT: lambda a, b: bool(a & b),
        }
        at += if_true if tests[code](accumulator, operand) else if_false


def error(number: int) -> int:
    return seccomp.ERROR | number


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_every_forbidden_number_is_refused_and_no_other(machine: str) -> None:
    forbidden = set(seccomp.numbers(machine))
    column = seccomp.MACHINES[machine][1]
    for number in range(600):
        if number == seccomp.CLONE3[column]:
            assert run(machine, number) == error(errno.ENOSYS)
        elif number in forbidden:
            assert run(machine, number) == error(errno.EPERM)
        elif number != seccomp.SOCKET[column]:
            assert run(machine, number) == ALLOW, number


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_arguments(machine: str) -> None:
    column = seccomp.MACHINES[machine][1]
    clone, sockets, ioctl = (n[column] for n in (seccomp.CLONE, seccomp.SOCKET, seccomp.IOCTL))
    assert run(machine, clone, 0x003D0F00) == ALLOW  # a thread
    assert run(machine, clone, 17) == ALLOW  # a fork
    for flag in (
        0x00020000,
        0x02000000,
        0x04000000,
        0x08000000,
        0x10000000,
        0x20000000,
        0x40000000,
    ):
        assert run(machine, clone, flag | 17) == error(errno.EPERM)
    for family in (1, 2, 10):
        assert run(machine, sockets, family, 1) == ALLOW
    for family in (0, 3, 17, 31, 38, 40, 44):
        assert run(machine, sockets, family, 1) == error(errno.EAFNOSUPPORT)
    assert run(machine, sockets, 16, 3, 0) == ALLOW
    assert run(machine, sockets, 16, 3, 12) == error(errno.EAFNOSUPPORT)
    assert run(machine, ioctl, 1, 0x5412) == error(errno.EPERM)
    assert run(machine, ioctl, 1, 0x5413) == ALLOW


def test_other_sets_of_numbers() -> None:
    assert run("x86_64", 1, architecture=0x40000003) == KILL  # 32 bits
    assert run("x86_64", 0x40000000 | 101) == error(errno.ENOSYS)  # x32's ptrace


def test_an_unknown_machine() -> None:
    with pytest.raises(OSError, match="knows x86_64 and aarch64, not riscv64"):
        seccomp.program("riscv64")


def filtered(probe: Callable[[], int]) -> int:
    """Run a probe in a fork with the filter installed; return what it returned, a small number."""
    process = os.fork()
    if process == 0:
        code = 255
        try:
            seccomp.install(seccomp.program())
            code = probe()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("name", seccomp.FORBIDDEN)
def test_the_kernel_refuses(name: str) -> None:
    number = seccomp.FORBIDDEN[name][seccomp.MACHINES[platform.machine()][1]]

    def probe() -> int:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
        return ctypes.get_errno()

    assert filtered(probe) == errno.EPERM


def test_the_kernel_lets_through() -> None:
    def probe() -> int:
        ours, theirs = socket.socketpair()
        ours.send(theirs.family.to_bytes(1, "little"))
        os.waitpid(os.fork() or os._exit(0), 0)
        time.sleep(0)
        return 0 if os.listdir("/") else 1

    assert filtered(probe) == 0
