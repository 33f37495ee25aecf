"""The address of the repository: where it stands, and how to change it.

``python -m coursebook.address owner/name`` writes it into ``_config.yml``, where it stands once,
and the address of the published book, which follows from it, into two files that others read.
``make address REPOSITORY=owner/name`` does the same and then makes the notebooks and the exercises
anew, which take the address from ``_config.yml``.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
CONFIG = "_config.yml"
#: Lines that hold the address of the published book, by file.
HOMEPAGES = {
    "pyproject.toml": re.compile(r'(?<=^Homepage = ")[^"]*(?="$)', re.MULTILINE),
    "CITATION.cff": re.compile(r"(?<=^url: ).*$", re.MULTILINE),
}
# What GitHub allows: https://docs.github.com/en/get-started/using-github
_ADDRESS = re.compile(
    r"(?:(?:https://|ssh://git@|git@)github\.com[/:])?"
    r"(?P<owner>[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)/(?P<name>[A-Za-z0-9._-]{1,100}?)"
    r"(?:\.git)?/?"
)


def repository_url(address: str) -> str:
    """The address of a repository as ``https://github.com/owner/name``.

    Parameters
    ----------
    address : str
        ``owner/name``, or what GitHub's page or ``git remote`` gives.

    Raises
    ------
    ValueError
        If it names no repository on GitHub.
    """
    match = _ADDRESS.fullmatch(address)
    if not match or match["name"] in (".", ".."):
        raise ValueError(
            f"{address!r} names no repository on GitHub, which is where Colab and Binder open"
            " notebooks from: give it as owner/name."
        )
    return f"https://github.com/{match['owner']}/{match['name']}"


def pages_url(repository: str) -> str:
    """Where GitHub Pages publishes the book of a repository, with a slash at the end."""
    owner, name = repository_url(repository).split("/")[-2:]
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def current(root: Path) -> tuple[str, str]:
    """The address of the repository and its branch, as ``_config.yml`` gives them."""
    repository = yaml.safe_load((root / CONFIG).read_text("utf8"))["repository"]
    return repository["url"], repository["branch"]


def rewritten(root: Path, url: str, branch: str) -> dict[Path, str]:
    """The files that hold an address, with these in place of what they hold.

    Raises
    ------
    ValueError
        If a file has no line for it, or more than one.
    """
    # The lines below `repository:` are indented; a comment or another key ends them.
    block = r"(?<=^repository:\n)(?:[ ]+.*\n)+"
    config = (root / CONFIG).read_text("utf8")
    texts = {root / CONFIG: _replace_once(block, config, CONFIG, url, branch)}
    for name, line in HOMEPAGES.items():
        text, count = line.subn(pages_url(url), (root / name).read_text("utf8"))
        if count != 1:
            raise ValueError(f"{name} has {count} lines for the address of the book, not one.")
        texts[root / name] = text
    return texts


def _replace_once(block: str, config: str, name: str, url: str, branch: str) -> str:
    """``_config.yml`` with this address and branch; comments and order stay."""
    found = re.search(block, config, re.MULTILINE)
    lines = found[0] if found else ""
    if yaml.safe_load(branch) != branch:
        branch = f'"{branch}"'  # a branch named 2027 is no number
    for key, value in (("url", url), ("branch", branch)):
        lines, count = re.subn(rf"(?m)^( +{key}:).*$", rf"\1 {value}", lines)
        if not found or count != 1:
            raise ValueError(f"{name} has {count} lines '{key}:' under 'repository:', not one.")
    assert found
    return config[: found.start()] + lines + config[found.end() :]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Set the address. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m coursebook.address", description="Set the address of the repository."
    )
    parser.add_argument("repository", help="owner/name on GitHub, or its address")
    parser.add_argument("--branch", help="the branch that readers get (default: as it is)")
    options = parser.parse_args(arguments)
    try:
        url = repository_url(options.repository)
        branch = options.branch or current(root)[1]
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", branch):
            raise ValueError(f"{branch!r} is no name of a branch: give one such as main.")
        texts = rewritten(root, url, branch)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path, text in texts.items():
        path.write_text(text, encoding="utf8")
    print(f"Repository  {url}, branch {branch}\nBook        {pages_url(url)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
