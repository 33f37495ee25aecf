"""The gradebook in PostgreSQL, on a real server, holds what it holds in SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hand_ins import hand_in

from grading.course import Course
from grading.report import report
from grading.run import Options, run, submissions
from grading.writer import Writer

NEEDED = "There is no PostgreSQL server: run `sh coursebook/system.sh postgresql`."


def programs() -> Path:
    """Where Debian, or anybody else, keeps initdb and pg_ctl."""
    found = shutil.which("pg_ctl")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    usable = [place for place in places if (place / "initdb").exists()]
    assert usable, NEEDED
    return usable[0]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a server of one's own, started as an ordinary user: it refuses to run as root."""
    bin = programs()
    user = pwd.getpwuid(os.getuid()).pw_name
    runs_as = "nobody" if user == "root" else user
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="postgres") as folder:
        data = Path(folder, "data")
        if user == "root":
            shutil.chown(folder, runs_as)

        def do(*command: str | Path) -> None:
            done = subprocess.run(
                [str(part) for part in command],
                cwd=folder,
                user=runs_as if user == "root" else None,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
                text=True,
            )
            assert done.returncode == 0, f"{command[0]} failed: {done.stderr}"

        do(bin / "initdb", "-D", data, "-U", "grader", "--auth=trust", "-E", "UTF8", "--no-sync")
        options = f"-F -h 127.0.0.1 -p {port} -k {folder}"
        do(bin / "pg_ctl", "-D", data, "-l", Path(folder, "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://grader@127.0.0.1:{port}"
        finally:
            do(bin / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def test_the_same_gradebook(course: Course, server: str) -> None:
    other = Course(Path(shutil.copytree(course.root, course.root.with_name("in postgres"))))
    (other.root / "gradebook.db").unlink()
    config = other.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f'\nc.CourseDirectory.db_url = "{server}/postgres"\n')
    held = []
    for each in (course, other):
        hand_in(each, "ada")
        hand_in(each, "bob", "def double(x):\n    return None")
        hand_in(each, "O'Neill, Zoë", "def double(x):\n    return x", written="zero \0 byte: ∑")
        hand_in(each, "dan").write_text("broken")
        for _ in range(2):  # the second run finds all of it done
            fresh: list[object] = []
            run(each, "tiny", submissions(each, "tiny"), Options(workers=1), fresh.append)
        assert fresh == [None] * 4
        made = report(each, "tiny")
        with Writer.open(each, "tiny") as writer:
            rows = [(row.record.student, row.score, row.record.remarks) for row in made.rows]
            held.append((writer.marks(), rows))
    assert not (other.root / "gradebook.db").exists()
    assert held[0] == held[1]
    scores = {student: score for student, score, _ in held[0][1]}
    assert scores == {"ada": 4, "bob": 0, "O'Neill, Zoë": 1, "dan": None}
