"""Whether every address that the book links to still answers.

``make links`` (``python -m coursebook.links``) asks each of them once, without running a cell, and
names those that do not answer. It needs the internet, so no test runs it; the weekly workflow does.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from jupyter_book.sphinx import build_sphinx

from coursebook.address import current, pages_url
from coursebook.notebooks import ROOT, UNRUN


def broken(root: Path) -> list[str]:
    """The addresses that do not answer, with page, line and what was said in place of an answer.

    Addresses of this course are left out: the published book is older than what is being checked.
    """
    url = current(root)[0]
    with tempfile.TemporaryDirectory() as scratch:
        build_sphinx(
            root,
            Path(scratch, "links"),
            noconfig=True,
            path_config=root / "_config.yml",
            confoverrides=UNRUN
            | {
                "linkcheck_ignore": [f"{url}(/|$)", pages_url(url), r"https?://localhost[:/]"],
                # A heading that was renamed on a page of others is no fault worth a mail a week,
                # and many pages make their anchors by script.
                "linkcheck_anchors": False,
                "linkcheck_timeout": 30,
                "linkcheck_retries": 3,
                "linkcheck_rate_limit_timeout": 60.0,
                "linkcheck_allow_unauthorized": True,
                "user_agent": "Mozilla/5.0 (link check of an open course book)",
            },
            builder="linkcheck",
            quiet=True,
        )
        report = Path(scratch, "links", "output.json").read_text("utf8")
    checks = [json.loads(line) for line in report.splitlines()]
    if not checks:
        raise RuntimeError("the book was not read: the messages above say why")
    return [
        f"{check['filename']}:{check['lineno']}: {check['uri']}: {check['info']}"
        for check in checks
        if check["status"] in ("broken", "timeout")
    ]


def main() -> int:
    """Print what is broken. Returns the exit status."""
    found = broken(ROOT)
    for line in found:
        print(line)
    print(f"{len(found)} addresses do not answer." if found else "All addresses answer.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
