"""The tree that students get: the course without answers, hidden tests and marks.

``make student`` (``python -m coursebook.student``) writes it to ``_build/student``, with the built
book in its folder ``docs/``. It is a repository to publish: Colab and Binder open it, GitHub Pages
shows ``docs/``, and what holds the answers can stay private.

Only what `TREE` names goes in, and of that only what git tracks. After that every file is searched
for the answers and the hidden tests of ``solutions/``; if a piece of one is found, nothing is left
behind.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

import nbformat
import yaml

from coursebook.address import ROOT, pages_url

#: What students get. Not the quizzes, whose files state the answers: they are in the pages.
TREE = (
    "rnnlib",
    "exercises",
    "notebooks",
    "chapters",
    "back",
    "reference",
    "intro.md",
    "references.bib",
    "environment.yml",
    "pyproject.toml",
    "constraints.txt",
    "CITATION.cff",
    "LICENSE",
)
README = Path(__file__).with_name("student_readme.md")
#: As many lines in a row count as a piece of a secret. A few lines may well be those of a chapter:
#: what it teaches, the assignment asks for.
RUN = 5
_REGION = re.compile(
    r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)^\s*### END \1", re.DOTALL | re.MULTILINE
)
KINDS = {"SOLUTION": "an answer", "HIDDEN TESTS": "hidden tests"}
_IMPORT = re.compile(r"import |from \S+ import ")

Lines = tuple[str, ...]


def runs_of(lines: Lines, size: int) -> Iterator[Lines]:
    """All pieces of so many lines in a row."""
    for start in range(len(lines) - size + 1):
        yield lines[start : start + size]


class LeakError(Exception):
    """A file for students holds what they must not see; the text says which and whose."""


@dataclass(frozen=True)
class Secret:
    """The lines of an answer or of hidden tests, without indentation and empty lines."""

    assignment: str
    kind: str
    lines: Lines

    def runs(self) -> Iterator[Lines]:
        """Pieces of it that nobody writes by chance."""
        for run in runs_of(self.lines, min(RUN, len(self.lines))):
            if not all(map(_IMPORT.match, run)):
                yield run


def secrets(solutions: Path) -> list[Secret]:
    """All answers, written ones too, and all hidden tests of a folder of source assignments."""
    found = []
    for path in sorted(solutions.glob("*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for kind, text in _REGION.findall(cell.source):
                found.append(Secret(path.stem, KINDS[kind], _lines(text)))
            marks = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "markdown" and marks.get("solution"):
                found.append(Secret(path.stem, "a written answer", _lines(cell.source)))
    return found


def leaks(files: Iterable[Path], hidden: list[Secret]) -> list[str]:
    """Where files hold a piece of a secret, one line a file.

    An answer of one line is looked for in notebooks only: as a line of the library it is no answer.
    """
    pieces = {run: secret for secret in hidden for run in secret.runs()}
    sizes = {len(run) for run in pieces}
    found = []
    for path in files:
        lines = _lines(_text(path))
        for size in sizes if path.suffix == ".ipynb" else sizes - {1}:
            if run := next((run for run in runs_of(lines, size) if run in pieces), None):
                secret = pieces[run]
                found.append(f"{path} holds {secret.kind} of {secret.assignment}: {run[0]}")
                break
    return found


def _lines(text: str) -> Lines:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _text(path: Path) -> str:
    """What a reader sees of a file: of a notebook its cells, of a page its text, of a font none."""
    content = path.read_bytes()
    if b"\0" in content:
        return ""
    text = content.decode("utf8", errors="ignore")
    if path.suffix == ".ipynb":
        return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    if path.suffix == ".html":
        return html.unescape(re.sub(r"<[^>]*>", "", text))
    return text


def tracked(root: Path) -> list[Path]:
    """The files of `TREE` that git tracks: what lies about beside them is not for students.

    Raises
    ------
    ValueError
        If the folder is no git repository.
    """
    command = ["git", "ls-files", "-z", "--", *TREE]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(
            f"{root} is no git repository, which tells what belongs to the course: clone it, or"
            " run 'git init' and 'git add .'."
        )
    return [Path(name) for name in done.stdout.split("\0") if name and (root / name).is_file()]


def readme(root: Path, names: Iterable[Path]) -> str:
    """The students' README, with the addresses of the course and of the assignments in names."""
    config = yaml.safe_load((root / "_config.yml").read_text("utf8"))
    repository, branch = config["repository"]["url"], config["repository"]["branch"]
    services = config["launch_buttons"]
    slug = repository.removeprefix("https://github.com/")
    rows = []
    for path in sorted(name for name in names if name.match("exercises/*/*.ipynb")):
        file = path.as_posix()
        colab = f"{services['colab_url']}/github/{slug}/blob/{branch}/{file}"
        binder = f"{services['binderhub_url']}/v2/gh/{slug}/{branch}?urlpath=lab/tree/{file}"
        rows.append(f"| [{path.stem}]({file}) | [Colab]({colab}) | [Binder]({binder}) |")
    return Template(README.read_text("utf8")).substitute(
        title=config["title"],
        book=pages_url(repository),
        repository=repository,
        folder=slug.split("/")[-1],
        assignments="\n".join(rows),
    )


def write(root: Path, target: Path, book: Path | None) -> int:
    """Write the students' tree of the course at ``root``; return how many files it has.

    Parameters
    ----------
    root, target : Path
        The course, and where to write: what is there is replaced.
    book : Path, optional
        The built book, for the folder ``docs/``.

    Raises
    ------
    LeakError
        If a file holds an answer or a hidden test; the tree is gone then.
    ValueError
        If ``root`` is no git repository, or ``book`` no built book.
    """
    names = tracked(root)
    if book is not None and not (book / "index.html").is_file():
        raise ValueError(f"There is no built book in {book}: run 'make book' first.")
    shutil.rmtree(target, ignore_errors=True)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name)
    (target / "README.md").write_text(readme(root, names), encoding="utf8")
    if book is not None:
        shutil.copytree(book, target / "docs")
        # Or GitHub Pages leaves out the folders whose names begin with an underscore.
        (target / "docs" / ".nojekyll").touch()
    files = sorted(path for path in target.rglob("*") if path.is_file())
    if found := leaks(files, secrets(root / "solutions")):
        shutil.rmtree(target)
        raise LeakError("\n".join([*found, "Nothing was written: take these out first."]))
    return len(files)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the tree. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m coursebook.student", description=__doc__)
    parser.add_argument("--book", type=Path, metavar="FOLDER", help="the built book, for docs/")
    options = parser.parse_args(arguments)
    target = root / "_build" / "student"
    try:
        count = write(root, target, options.book)
    except (LeakError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} files for students are in {target.relative_to(root)}/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
