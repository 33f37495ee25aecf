"""The sandbox from outside: it starts, keeps its limits by whatever the host has, and ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import grading
from grading.execute import Examination, Examiner, Limits
from grading.sandbox import bubblewrap, cgroups, zygotes
from grading.sandbox.zygotes import SandboxUnavailable, check_sandbox

MB = 1024**2


def wait_until(true: Callable[[], object], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(true())


def run(examiner: Examiner, *cells: str, limits: Limits | None = None) -> Examination:
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    return examiner.examine(notebook, limits=limits or Limits())


def name_of(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:  # it was a short one
        return ""


def printed(examination: Examination) -> str:
    return "".join(
        output.get("text", "") for cell in examination.notebook.cells for output in cell.outputs
    )


def test_this_machine_can() -> None:
    check_sandbox()
    assert zygotes.enforced_by().keys() >= {"memory_bytes", "processes", "file_bytes"}


def test_no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxUnavailable, match="Install the package bubblewrap"):
        check_sandbox()


def test_no_namespaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bwrap that fails as it does where the kernel forbids user namespaces."""
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxUnavailable) as refused:
        check_sandbox()
    text = str(refused.value)
    assert "No permissions to create new namespace" in text
    assert "bubblewrap" in text
    assert "user.max_user_namespaces" in text


def test_nothing_survives_the_grader(tmp_path: Path) -> None:
    """`kill -9` of the grader ends the sandbox, and a daemon that a cell has started in it."""
    script = tmp_path / "grader.py"
    script.write_text(
        "from nbformat.v4 import new_code_cell, new_notebook\n"
        "from grading.execute import Examiner\n"
        "cell = new_code_cell('import subprocess, time\\n'\n"
        '    \'subprocess.Popen(["setsid", "sleep", "99"])\\ntime.sleep(99)\')\n'
        "with Examiner() as examiner:\n"
        "    examiner.examine(new_notebook(cells=[cell]))\n"
    )
    grader = psutil.Popen([sys.executable, str(script)])

    def sleeping() -> bool:
        return any(name_of(process) == "sleep" for process in grader.children(recursive=True))

    assert wait_until(sleeping, 60)
    processes = grader.children(recursive=True)
    assert len(processes) >= 5
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive

    cgroups.sweep()
    for controller in cgroups.CONTROLLERS:
        parent = cgroups.folder(controller)
        assert parent is None or not list(parent.glob(f"{cgroups.PREFIX}{grader.pid}-*"))


def test_a_zygote_that_was_killed_is_replaced() -> None:
    with Examiner() as examiner:
        assert printed(run(examiner, "print(1)")) == "1\n"
        for process in psutil.Process().children(recursive=True):
            if name_of(process) == bubblewrap.PROGRAM:
                process.kill()
        assert printed(run(examiner, "print(2)")) == "2\n"


def test_limits_without_control_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "folder", lambda controller: None)
    assert "RLIMIT_AS" in zygotes.enforced_by()["memory_bytes"]
    limits = Limits(memory_bytes=300 * MB, processes=30, file_bytes=10 * MB)
    with Examiner() as examiner:
        memory = "try: b'x' * (400 * 1024**2)\nexcept MemoryError: print('refused')"
        assert printed(run(examiner, memory, limits=limits)) == "refused\n"
        forks = (
            "import os, time\nn = 0\ntry:\n    while n < 500:\n"
            "        if os.fork() == 0: time.sleep(99)\n        n += 1\n"
            "except OSError: print(n < 100)"
        )
        assert printed(run(examiner, forks, limits=limits)) == "True\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs all other tests as one")
def test_as_an_ordinary_user(tmp_path: Path) -> None:
    """Root becomes nobody; Python, which may lie in root's home, is shown to it in place."""
    script = tmp_path / "grader.py"
    script.write_text(
        "import os\nfrom nbformat.v4 import new_code_cell, new_notebook\n"
        "from grading.execute import Examiner\n"
        "look = 'import os; print(os.getuid(), os.listdir(\"/proc\"), os.getppid())'\n"
        "cell = new_code_cell(look)\n"
        "with Examiner() as examiner:\n"
        "    done = examiner.examine(new_notebook(cells=[cell]))\n"
        "print(os.getuid(), done.notebook.cells[0].outputs[0].text)\n"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(0o755)
    binds = "".join(
        f"mkdir -p {folder} && mount --no-canonicalize --bind /proc/self/fd/{at} {folder} && "
        for at, folder in enumerate(hidden_folders(), start=10)
    )
    opened = "".join(
        f"exec {at}<{folder}; " for at, folder in enumerate(hidden_folders(), start=10)
    )
    shell = (
        f"{opened} mount -t tmpfs -o mode=755 none /root && {binds} "
        "exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "
        f"{sys.executable} {script}"
    )
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", shell],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "65534 65534 [] 0\n\n", done.stderr


def hidden_folders() -> list[Path]:
    """Folders of Python and of this repository in root's home."""
    folders = bubblewrap.libraries()
    return [folder for folder in folders if folder.is_relative_to("/root")]


def test_a_course_that_lies_in_tmp(tmp_path: Path) -> None:
    """Its libraries stay visible in the private /tmp, and cannot be written to."""
    root = Path(grading.__file__).parents[1]
    for package in ("grading", "rnnlib"):
        shutil.copytree(root / package, tmp_path / package)
    script = tmp_path / "grader.py"
    script.write_text(
        "from nbformat.v4 import new_code_cell, new_notebook\n"
        "from grading.execute import Examiner\n"
        "cell = new_code_cell('import rnnlib.packing as p\\nprint(p.__file__)\\n'\n"
        '    \'try: open(p.__file__, "a")\\nexcept OSError: print("no")\')\n'
        "with Examiner() as examiner:\n"
        "    done = examiner.examine(new_notebook(cells=[cell]))\n"
        "print(done.notebook.cells[0].outputs[0].text)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == f"{tmp_path}/rnnlib/packing.py\nno\n\n", done.stderr
