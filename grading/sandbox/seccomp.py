"""A filter of system calls: what a program has to ask the kernel for, and graded code never needs.

bubblewrap already takes away the files, the network and the rights. The filter closes the parts of
the kernel in which holes keep being found (new namespaces, mounts, tracing, BPF, io_uring, keys),
and what no namespace covers: sockets of other families than Unix and IP (``AF_VSOCK`` reaches the
host of a virtual machine), and memory that no file system counts.

A refused call fails with an error, as it would for want of rights, so that a library that only
tries it goes on. The program is classic BPF; its format is that of ``linux/filter.h``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from itertools import chain

# Number on x86-64, number on AArch64.
FORBIDDEN = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "personality": (135, 92),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
}
X86_ONLY = {"modify_ldt": 154, "iopl": 172, "ioperm": 173}

# Name of the machine: its AUDIT_ARCH, and which of the two numbers above is its own.
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
CLONE = (56, 220)
CLONE3 = (
    435,
    435,
)  # its flags lie in memory, out of a filter's sight; the C library then uses clone
SOCKET = (41, 198)
IOCTL = (16, 29)
NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag
TIOCSTI = 0x5412  # types on the terminal of whoever started us
FAMILIES = (1, 2, 10)  # Unix, IPv4, IPv6
NETLINK, ROUTE = 16, 0  # how a program asks which network interfaces there are
X32 = 0x40000000  # a second set of numbers for the same calls

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE = 0, 4
FIRST_ARGUMENT, SECOND_ARGUMENT, THIRD_ARGUMENT = 16, 24, 32  # their lower halves
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000


def program(machine: str | None = None) -> bytes:
    """Return the filter as an array of ``struct sock_filter``.

    Parameters
    ----------
    machine : {"x86_64", "aarch64"}, optional
        Default: the machine this runs on.

    Raises
    ------
    OSError
        If the numbers of this machine's system calls are not known here.
    """
    machine = machine or platform.machine()
    if machine not in MACHINES:
        raise OSError(
            f"the filter of system calls knows {' and '.join(MACHINES)}, not {machine or 'this'}"
        )
    architecture, column = MACHINES[machine]
    forbidden = [numbers[column] for numbers in FORBIDDEN.values()]
    steps = [_step(LOAD, ARCHITECTURE), _step(EQUAL, architecture, 1, 0), _step(RETURN, KILL)]
    steps.append(_step(LOAD, NUMBER))
    if machine == "x86_64":
        forbidden += X86_ONLY.values()
        steps += [_step(AT_LEAST, X32, 0, 1), _fail(errno.ENOSYS)]
    for number in forbidden:
        steps += [_step(EQUAL, number, 0, 1), _fail(errno.EPERM)]
    steps += [_step(EQUAL, CLONE3[column], 0, 1), _fail(errno.ENOSYS)]
    # Each block below begins by jumping over itself, and ends the program if it is entered.
    steps += [
        _step(EQUAL, CLONE[column], 0, 4),
        _step(LOAD, FIRST_ARGUMENT),
        _step(ANY_BIT, NEW_NAMESPACES, 0, 1),
        _fail(errno.EPERM),
        _step(RETURN, ALLOW),
    ]
    steps += [
        _step(EQUAL, IOCTL[column], 0, 4),
        _step(LOAD, SECOND_ARGUMENT),
        _step(EQUAL, TIOCSTI, 0, 1),
        _fail(errno.EPERM),
        _step(RETURN, ALLOW),
    ]
    steps += [
        _step(EQUAL, SOCKET[column], 0, 9),
        _step(LOAD, FIRST_ARGUMENT),
        *(_step(EQUAL, family, 5 - at, 0) for at, family in enumerate(FAMILIES)),
        _step(EQUAL, NETLINK, 0, 3),
        _step(LOAD, THIRD_ARGUMENT),
        _step(EQUAL, ROUTE, 0, 1),
        _step(RETURN, ALLOW),
        _fail(errno.EAFNOSUPPORT),
    ]
    steps.append(_step(RETURN, ALLOW))
    return b"".join(steps)


def install(filter_program: bytes) -> None:
    """Filter the system calls of this thread and of all it starts, for good.

    Raises
    ------
    OSError
        If the kernel refuses the filter.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
    code = ctypes.create_string_buffer(filter_program, len(filter_program))
    # struct sock_fprog: how many steps, where they are
    where = struct.pack("@HP", len(filter_program) // 8, ctypes.addressof(code))
    for call in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, where, 0, 0),
    ):
        if libc.prctl(*(ctypes.c_long(x) if isinstance(x, int) else x for x in call)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"no filter of system calls: {os.strerror(number)}")


def numbers(machine: str) -> list[int]:
    """Return the numbers of the calls that are refused whatever their arguments."""
    column = MACHINES[machine][1]
    extra = X86_ONLY.values() if machine == "x86_64" else ()
    return list(chain((pair[column] for pair in FORBIDDEN.values()), extra))


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction; the last two say how many to skip after a comparison."""
    return struct.pack("=HBBI", code, if_true, if_false, operand)


def _fail(number: int) -> bytes:
    return _step(RETURN, ERROR | number)
