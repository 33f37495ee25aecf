"""The repository's address: set by one command, and nowhere left behind."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest
import yaml
from copies import ROOT, git, make, make_small
from hypothesis import given
from hypothesis import strategies as st

from coursebook.address import HOMEPAGES, current, main, pages_url, repository_url

OWNERS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
NAMES = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,10}[A-Za-z0-9_-]", fullmatch=True).filter(
    lambda name: not name.endswith(".git")
)
FORMS = ("{}", "https://github.com/{}", "https://github.com/{}/", "git@github.com:{}.git")


@given(OWNERS, NAMES, st.sampled_from(FORMS))
def test_every_form_of_an_address_names_the_same_repository(
    owner: str, name: str, form: str
) -> None:
    assert repository_url(form.format(f"{owner}/{name}")) == f"https://github.com/{owner}/{name}"


@pytest.mark.parametrize(
    "address",
    ["", "course", "a/b/c", "-a/b", "a/b c", "a/..", "https://example.org/a/b", 'a/b"\nname = "c'],
)
def test_what_names_no_repository_gives_one_sentence_and_changes_nothing(
    house: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    assert main(["--", address], house) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "give it as owner/name." in line
    assert git(house, "status", "--porcelain", "--untracked-files=no") == ""


def test_a_branch_must_be_one_and_is_kept_as_text(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["a/b", "--branch", "no branch"], house) == 2
    assert "give one such as main." in capsys.readouterr().err
    assert main(["a/b", "--branch", "2027"], house) == 0
    assert current(house) == ("https://github.com/a/b", "2027")


def test_a_file_without_its_line_is_named(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    citation = house / "CITATION.cff"
    citation.write_text(re.sub("(?m)^url: .*\n", "", citation.read_text()))
    before = (house / "_config.yml").read_text()
    assert main(["a/b"], house) == 2
    assert "CITATION.cff has 0 lines" in capsys.readouterr().err
    assert (house / "_config.yml").read_text() == before  # all files are written, or none


def test_the_book_has_the_address_that_pages_gives_it() -> None:
    assert pages_url("https://github.com/Ada/course") == "https://ada.github.io/course/"
    assert pages_url("https://github.com/Ada/ada.github.io") == "https://ada.github.io/"


def test_all_places_agree() -> None:
    """The address stands in _config.yml; the rest follows from it."""
    book = pages_url(current(ROOT)[0])
    for name, line in HOMEPAGES.items():
        assert line.findall((ROOT / name).read_text("utf8")) == [book], name


def test_one_command_moves_the_course_to_a_fork(house: Path) -> None:
    make_small(house)
    url = current(house)[0]
    before = (house / "_config.yml").read_text("utf8").splitlines()
    done = make(house, "address", "REPOSITORY=teacher/rnn-2027")
    assert done.returncode == 0, done.stderr
    after = (house / "_config.yml").read_text("utf8").splitlines()
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert changed == [f"-   url: {url}", "+   url: https://github.com/teacher/rnn-2027"]
    assert yaml.safe_load("\n".join(after))["repository"]["url"].endswith("rnn-2027")

    git(house, "add", "-A")
    touched = git(house, "diff", "--cached", "--name-only").split()
    assert set(touched) == {
        *("_config.yml", "CITATION.cff", "pyproject.toml"),
        *("notebooks/small.ipynb", "exercises/shapes/shapes.ipynb"),
    }
    for name in touched:
        assert "teacher" in (house / name).read_text("utf8"), name
    old = [url.removeprefix("https://"), pages_url(url).removeprefix("https://")]
    files = git(house, "ls-files", "-z").split("\0")[:-1]
    assert not [
        name for name in files if any(text in (house / name).read_text("utf8") for text in old)
    ]
