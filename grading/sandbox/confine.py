"""What a process of the sandbox does to itself before it runs anything untrusted.

It starts as a fork of the zygote, inside bubblewrap, with the one right that new namespaces need.
It gives itself process, network, and mount namespaces that no other submission shares, and then
gives up every right, for good.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import socket
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grading.sandbox import seccomp

HOME = "/home/student"
OUTER, SHARED = "/run/outer", "/shared"  # a folder of the host, before and after `separate`
PRIVATE = ("/tmp", HOME, "/dev/shm")  # the only places that can be written to

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 1, 24, 47, 4
LAST_CAPABILITY = 63
MOST_FILES = 100_000  # empty ones take memory too
SIGKILL = 9

libc = ctypes.CDLL(None, use_errno=True)


def separate(file_bytes: int, *, keep: Sequence[str] = (), shared: bool = False) -> None:
    """Move into new namespaces; the next fork is the first process of the new process space.

    Parameters
    ----------
    file_bytes : int
        Size of the private file system.
    keep : sequence of str, optional
        Folders that stay visible, read-only, although they lie in a private place.
    shared : bool, optional
        Whether the folder that the outer sandbox shares with the host stays, as `SHARED`.
    """
    _check(
        libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET),
        "new namespaces",
    )
    _raise_loopback()
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    if shared:
        _mount(OUTER, SHARED, None, MS_BIND)
    kept = {folder: os.open(folder, os.O_PATH) for folder in keep}
    # One file system behind all private places, so that its size bounds them together.
    _mount(
        "tmpfs",
        "/tmp",
        "tmpfs",
        MS_NOSUID | MS_NODEV,
        f"size={file_bytes},nr_inodes={MOST_FILES},mode=0755",
    )
    for place in PRIVATE[::-1]:  # /tmp last: it hides the folder that the others come from
        folder = Path("/tmp", Path(place).name)
        folder.mkdir()
        folder.chmod(0o1777)
        _mount(str(folder), place, None, MS_BIND)
    for place, descriptor in kept.items():
        Path(place).mkdir(parents=True, exist_ok=True)
        _mount(f"/proc/self/fd/{descriptor}", place, None, MS_BIND)
        os.close(descriptor)
    # /proc would show the processes of the outer sandbox.
    empty = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount("tmpfs", "/proc", "tmpfs", empty, "size=4k,mode=0555")
    _mount("tmpfs", "/run", "tmpfs", empty, "size=4k,mode=0555")


def restrict(limits: Mapping[str, Any]) -> None:
    """Set the limits, change to an ordinary user, give up all rights and filter system calls.

    Parameters
    ----------
    limits : mapping
        ``file_bytes``, ``processes``, ``address_bytes`` (None: no limit) and ``user`` (None: stay).
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, limits["file_bytes"])
    _limit(resource.RLIMIT_NOFILE, 512)
    _limit(resource.RLIMIT_MEMLOCK, 64 * 1024)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_NPROC, limits["processes"])
    if limits["address_bytes"] is not None:
        _limit(resource.RLIMIT_AS, virtual_size() + limits["address_bytes"])
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for those that do not exist
    user = limits["user"]
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "giving up all rights")
    die_with_parent()
    seccomp.install(seccomp.program())


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that forked it ends."""
    _check(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "dying with the parent")


def virtual_size() -> int:
    """Return the address space of this process in bytes, measured before /proc is masked."""
    return _SIZE


def measure() -> None:
    """Note the address space of this process for `virtual_size`."""
    global _SIZE
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _SIZE = pages * resource.getpagesize()


_SIZE = 0


def _raise_loopback() -> None:
    """Switch on 127.0.0.1 of the empty network: ipykernel, among others, talks to itself there."""
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))


def _limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str = ""
) -> None:
    _check(
        libc.mount(
            source.encode() if source else None,
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            options.encode() or None,
        ),
        f"mounting {target}",
    )


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
