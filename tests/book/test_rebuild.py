"""A second `make book` with no change. Named so that it runs after the tests of the pages."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_second_build_executes_no_cell(tmp_path: Path) -> None:
    """The cache of executed cells answers: a kernel that cannot start is not missed."""
    broken = tmp_path / "kernels" / "python3"
    broken.mkdir(parents=True)
    spec = {"argv": ["false"], "display_name": "broken", "language": "python"}
    (broken / "kernel.json").write_text(json.dumps(spec))
    with (tmp_path / "log").open("w+") as log:
        status = subprocess.run(
            ["make", "book"],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=300,
            env=os.environ | {"JUPYTER_PATH": str(tmp_path)},
        ).returncode
        log.seek(0)
        assert status == 0, log.read()[-3000:]
