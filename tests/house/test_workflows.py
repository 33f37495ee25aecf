"""The workflows: valid, pinned, with the least rights, and made of commands that exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from copies import ROOT

BIN = ROOT / ".venv" / "bin"
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf8")) for path in FOLDER.glob("*.yml")}
JOBS = {
    f"{name}: {job}": content
    for name, workflow in WORKFLOWS.items()
    for job, content in workflow["jobs"].items()
}
STEPS = [(name, step) for name, job in JOBS.items() for step in job["steps"]]
SCRIPTS = [pytest.param(step["run"], id=name) for name, step in STEPS if "run" in step]
MAKEFILE = (ROOT / "Makefile").read_text("utf8")


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", sorted(FOLDER.glob("*.yml"))),
        ("dependabot", [ROOT / ".github" / "dependabot.yml"]),
        ("citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_files_follow_their_published_schema(schema: str, files: list[Path]) -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert files


def test_zizmor_finds_nothing() -> None:
    """Injection by templates, credentials left on disk, poisoned caches, and more of that kind."""
    command = [BIN / "zizmor", "--offline", "--pedantic", "--quiet", ROOT / ".github"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_by_commit_and_say_their_version() -> None:
    pins: dict[str, set[str]] = {}
    for path in FOLDER.glob("*.yml"):
        for line in re.findall(r"uses: *(.*)", path.read_text("utf8")):
            match = re.fullmatch(r"([\w-]+/[\w-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)", line)
            assert match, f"{path.name}: {line}"
            pins.setdefault(match[1], set()).add(match[2])
    assert {action: len(found) for action, found in pins.items()} == dict.fromkeys(pins, 1)
    assert {action.split("/")[0] for action in pins} == {"actions"}  # GitHub's own


def test_rights_are_given_to_jobs_one_by_one() -> None:
    assert all(workflow["permissions"] == {} for workflow in WORKFLOWS.values())
    writing = {}
    for name, job in JOBS.items():
        rights = job["permissions"]
        assert rights.get("contents", "read") == "read", name
        if more := {right for right, level in rights.items() if level != "read"}:
            writing[name] = more
            # What may write runs no code of the repository.
            assert not any("checkout" in step.get("uses", "") for step in job["steps"]), name
    assert writing == {
        "publish: deploy": {"pages", "id-token"},
        "weekly: report": {"issues"},
    }


def test_no_job_runs_for_ever_or_twice_at_once() -> None:
    assert all(job["timeout-minutes"] <= 90 for job in JOBS.values())
    assert all("group" in workflow["concurrency"] for workflow in WORKFLOWS.values())


def test_every_supported_python_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    supported = [line.split(" :: ")[-1] for line in project["classifiers"] if " :: 3." in line]
    matrix = WORKFLOWS["tests"]["jobs"]["library"]["strategy"]["matrix"]["python"]
    assert matrix == supported
    assert project["requires-python"] == f">={matrix[0]}"
    chosen = {step.get("with", {}).get("python-version") for _, step in STEPS} - {None}
    assert chosen <= {*matrix, "${{ matrix.python }}"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_steps_are_commands_that_exist(script: str) -> None:
    subprocess.run(["bash", "-n", "-c", script], check=True)
    for line in re.split(r"\n|&&", script.strip()):
        words = shlex.split(line)
        if words[0] == "make":
            check_make(words[1:])
        elif words[:2] == ["sudo", "apt-get"] and "install" in words:
            # What the Makefile makes sure of, but for the browser, which GitHub's machines have.
            (needed,) = re.findall(r"(?m)^test:.*\n\t@sh coursebook/system.sh (.*)", MAKEFILE)
            wanted = [word for word in words[3:] if not word.startswith("-")]
            assert ["chromium", *wanted] == needed.split()
        elif words[0].startswith(".venv/bin/"):
            assert (ROOT / words[0]).exists()


def check_make(words: list[str]) -> None:
    """The targets are those of the Makefile, and the variables are used there."""
    targets = set(re.findall(r"(?m)^([a-z-]+):", MAKEFILE))
    for word in words:
        name, equals, _ = word.partition("=")
        if equals:
            assert f"$({name})" in MAKEFILE, f"nothing in the Makefile reads {name}"
        else:
            assert word in targets, f"make has no target {word}"
    done = subprocess.run(
        ["make", "--dry-run", *words, "READY=LICENSE", "MAKE=echo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_cells_are_cached_where_the_book_keeps_them() -> None:
    (step,) = [step for _, step in STEPS if step.get("uses", "").startswith("actions/cache@")]
    source = (ROOT / "coursebook" / "extension.py").read_text("utf8")
    assert step["with"]["path"] == "_build/.jupyter_cache-*"
    assert 'f".jupyter_cache-{code_digest()}"' in source
    # What the extension makes its digest of is what the cache is restored by.
    (patterns,) = re.findall(r"EXECUTED_WITH = \((.*)\)", source)
    files = ", ".join(f"'{name}'" for name in re.findall(r'"([^"]+)"', patterns))
    assert step["with"]["restore-keys"] == f"cells-${{{{ hashFiles({files}) }}}}-"
    assert step["with"]["key"].startswith(step["with"]["restore-keys"])


GH = """#!/bin/sh
# Stands for GitHub, which no test reaches: notes what it is asked, has an issue open or has none.
[ "$2" = list ] && printf %s "$OPEN" || printf '%s\\n' "$@" > said
"""


@pytest.mark.parametrize(("open_issue", "expected"), [("", "create"), ("7", "comment")])
def test_the_weekly_run_opens_one_issue_and_then_adds_to_it(
    tmp_path: Path, open_issue: str, expected: str
) -> None:
    job: dict[str, Any] = WORKFLOWS["weekly"]["jobs"]["report"]
    assert set(job["needs"]) == set(WORKFLOWS["weekly"]["jobs"]) - {"report"}
    (step,) = job["steps"]
    gh = tmp_path / "gh"
    gh.write_text(GH)
    gh.chmod(0o755)
    environment = dict.fromkeys(step["env"], "failure") | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "OPEN": open_issue,
    }
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=True)
    said = (tmp_path / "said").read_text().splitlines()
    assert said[:2] == ["issue", expected]
    assert (said[2] == "7") == (expected == "comment")
    assert "failure" in said[-1]
