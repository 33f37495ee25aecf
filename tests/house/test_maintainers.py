"""The maintainer's guide names what is there."""

from __future__ import annotations

import re

from copies import ROOT

GUIDE = (ROOT / "guide" / "maintainers.md").read_text("utf8")
MAKEFILE = (ROOT / "Makefile").read_text("utf8")
#: Parts of names that stand for those of the reader, and folders that are built.
PLACEHOLDERS = ("name", "15-", "dist/")


def test_its_targets_are_those_of_the_makefile() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", MAKEFILE))
    named = set(re.findall(r"(?m)(?:^|`)make ([a-z-]+)", GUIDE))
    assert len(named) > 10
    assert named <= targets


def test_its_files_and_folders_exist() -> None:
    named = set(re.findall(r"`([\w.-]*/[\w./-]*|[\w.-]+\.(?:yml|toml|txt|cff|md|py))`", GUIDE))
    paths = {path for path in named if not any(part in path for part in PLACEHOLDERS)}
    assert len(paths) > 25
    beside = (
        "",
        "benchmarks/",
        "rnnlib/explore/",
        "tests/assignments/shapes/",
        "tests/assignments/shapes/wrong/",
    )
    missing = [
        path for path in paths if not any((ROOT / folder / path).exists() for folder in beside)
    ]
    assert not missing


def test_it_speaks_of_every_room() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"}
    built = {"demo", "dist", "build", "submitted", "autograded", "feedback", "reports"}
    for room in rooms - built:
        assert room.endswith(".egg-info") or f"`{room}/`" in GUIDE, room
