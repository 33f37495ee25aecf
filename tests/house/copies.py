"""Copies of the repository, to change and to build."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
NODE_MODULES = Path("coursebook/web/node_modules")


def git(folder: Path, *arguments: str) -> str:
    """What a git command says; nobody's own settings count."""
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def lay_copy(folder: Path) -> Path:
    """The repository as it is now, as a repository of its own, with a stamp for the Makefile."""
    for name in git(ROOT, "ls-files", "-z", "-co", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "copy")
    (folder / NODE_MODULES).symlink_to(ROOT / NODE_MODULES)
    (folder / ".ready").touch()  # so that make installs nothing: see make()
    (folder / ".git" / "info" / "exclude").write_text("node_modules\n.ready\n")
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a copy, with this repository's environment."""
    command = ["make", *arguments, f"BIN={ROOT / '.venv' / 'bin'}", "READY=.ready"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


SMALL_CHAPTER = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3, language: python}
---
# A chapter

![A picture](images/unrolled.svg)

```{code-cell} ipython3
import rnnlib
```
"""


def make_small(house: Path) -> None:
    """Leave one small chapter and one assignment in a copy: exporting all takes a while."""
    for kept, folder in ((), "notebooks"), (("shapes",), "exercises"), (("shapes",), "solutions"):
        for path in (house / folder).iterdir():
            if path.name not in kept:
                git(house, "rm", "-rqf", str(path))
    (house / "intro.md").write_text("# A course\n")
    (house / "chapters" / "small.md").write_text(SMALL_CHAPTER)
    toc = {"format": "jb-book", "root": "intro", "chapters": [{"file": "chapters/small"}]}
    (house / "_toc.yml").write_text(yaml.safe_dump(toc))
    git(house, "add", "-A")
    git(house, "commit", "-qm", "small")
