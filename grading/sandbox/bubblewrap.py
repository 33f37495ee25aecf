"""The command line of bubblewrap: what the zygote and all that it forks can see."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from grading.sandbox.confine import HOME, OUTER, SHARED

PROGRAM = "bwrap"
PACKAGES = ("rnnlib", "grading.sandbox", "grading.examiner")  # of this repository
FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
)
CAP_SYS_ADMIN_BIT = 21
# To make namespaces and their network interface; to become another user, and to kill what has.
RIGHTS = ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL")

ENVIRONMENT = {
    "HOME": HOME,
    "USER": "student",
    "LOGNAME": "student",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "TMPDIR": "/tmp",
    "MPLCONFIGDIR": "/tmp",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",  # the same order of sets in every run
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def command(arguments: list[str], *, shared: Path | None = None) -> list[str]:
    """Return the command that runs ``arguments`` in a sandbox.

    No network; its own process, user, and mount namespaces; libraries read-only, nothing else of
    the host; no variable of our environment. The rights that are left, to make namespaces, are what
    `grading.sandbox.confine` needs and gives up.

    Parameters
    ----------
    arguments : list of str
        What to run.
    shared : Path, optional
        A folder of the host that is writable inside, as `confine.OUTER`.
    """
    line = [PROGRAM, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--new-session", "--hostname", "sandbox"]
    line += ["--cap-drop", "ALL"]
    for right in RIGHTS:
        line += ["--cap-add", right]
    if not privileged():
        line += ["--unshare-user"]
    places = [Path(HOME), *map(Path, FILES), *libraries()]
    # bubblewrap would give a parent the rights it has on the host: /root is closed to all others.
    for parent in sorted({parent for place in places for parent in place.parents}):
        line += ["--perms", "0755", "--dir", str(parent)]
    line += list(_system())
    line += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run", "--tmpfs", "/tmp"]
    line += ["--dir", HOME]
    for folder in libraries():
        line += ["--ro-bind", str(folder), str(folder)]
    if shared is not None:
        line += ["--bind", str(shared), OUTER, "--dir", SHARED]
    line += ["--remount-ro", "/dev", "--remount-ro", "/", "--clearenv", "--chdir", "/"]
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    parents = sorted({str(package_folder(name.split(".")[0]).parent) for name in PACKAGES})
    environment = ENVIRONMENT | {"PATH": path, "PYTHONPATH": os.pathsep.join(parents)}
    for name, value in environment.items():
        line += ["--setenv", name, value]
    return [*line, "--", *arguments]


def privileged() -> bool:
    """Whether we are root with the right to make namespaces without a user namespace."""
    if os.geteuid() != 0:
        return False
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(effective.split()[1], 16) >> CAP_SYS_ADMIN_BIT & 1)


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


def package_folder(name: str) -> Path:
    """Return the folder of an importable package."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {name} is not installed in {sys.prefix}")
    return Path(next(iter(spec.submodule_search_locations)))


def libraries() -> list[Path]:
    """Return the folders that Python and the packages of this repository lie in."""
    folders = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1]}
    folders |= {package_folder(name) for name in PACKAGES}
    return sorted(folder for folder in folders if not folder.is_relative_to("/usr"))


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "lib", "lib32", "lib64", "libx32", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for file in FILES:
        yield from ("--ro-bind-try", file, file)
