"""What students get holds all they need, and nothing of what they must not see."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from copies import ROOT, git

from coursebook.address import current
from coursebook.address import main as set_address
from coursebook.student import Secret, leaks, main, secrets, write

HIDDEN = secrets(ROOT / "solutions")
ASSIGNMENTS = sorted(path.stem for path in (ROOT / "exercises").glob("*/*.ipynb"))


@pytest.fixture(scope="module")
def tree(kept_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The students' tree, with a small book."""
    scratch = tmp_path_factory.mktemp("student")
    book = scratch / "book"
    (book / "_static").mkdir(parents=True)
    (book / "index.html").write_text("<p>The book</p>")
    write(kept_house, scratch / "tree", book)
    return scratch / "tree"


def texts(folder: Path) -> dict[Path, str]:
    """What all files of a folder say; of a notebook, what its cells say."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix == ".ipynb":
            cells = json.loads(path.read_bytes())["cells"]
            found[path] = "\n".join("".join(cell["source"]) for cell in cells)
        elif path.is_file():
            found[path] = path.read_bytes().decode("utf8", "replace")
    return found


def test_the_tree_has_what_students_need_and_only_that(tree: Path) -> None:
    assert {path.name for path in tree.iterdir()} == {
        *("rnnlib", "exercises", "notebooks", "chapters", "back", "reference", "docs"),
        *("README.md", "intro.md", "references.bib", "LICENSE", "CITATION.cff"),
        *("environment.yml", "pyproject.toml", "constraints.txt"),
    }
    assert sorted(path.name for path in (tree / "exercises").iterdir()) == ASSIGNMENTS
    assert (tree / "docs" / ".nojekyll").is_file()
    assert not list(tree.rglob("*.db")) + list(tree.rglob("__pycache__"))


def test_no_reference_answer_is_in_the_tree(tree: Path) -> None:
    """Looked for in another way than the command itself does."""
    given = {path: re.sub(r"\s", "", text) for path, text in texts(tree).items()}
    bodies = [secret for secret in HIDDEN if secret.kind != "hidden tests"]
    assert {secret.assignment for secret in bodies} >= set(ASSIGNMENTS)
    for secret in bodies:
        body = re.sub(r"\s", "", "".join(secret.lines))
        where = [path for path, text in given.items() if body in text]
        if len(secret.lines) == 1:  # the library may well need the same line
            where = [path for path in where if path.suffix == ".ipynb"]
        assert where == [], secret


def test_no_line_of_a_hidden_test_is_in_the_exercises(tree: Path) -> None:
    """Nor anywhere else, but for lines that stand in the book or the library by themselves."""
    for assignment in ASSIGNMENTS:
        notebook = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", 4)
        shown = "\n".join(
            re.sub(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", "", cell.source, flags=re.S)
            for cell in notebook.cells
        )
        visible = {line.strip() for line in shown.splitlines()}
        lines = {
            line
            for secret in HIDDEN
            if (secret.assignment, secret.kind) == (assignment, "hidden tests")
            for line in secret.lines
            if len(line) > 25 and not line.startswith(("import ", "from ")) and line not in visible
        }
        assert lines, f"{assignment} has no hidden tests?"
        given = texts(tree / "exercises" / assignment)
        assert given
        assert not [line for line in lines if any(line in text for text in given.values())]
        for path, text in texts(tree).items():
            assert len([line for line in lines if line in text]) < 3, f"{path} tells {assignment}"


@pytest.mark.parametrize("suffix", [".md", ".ipynb", ".html", ".py"])
def test_every_secret_would_be_found_in_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    assert len(HIDDEN) > 30
    for secret in HIDDEN:
        middle = len(secret.lines) // 2
        pieces = (secret.lines[:5], secret.lines[middle : middle + 5], secret.lines[-5:])
        # A tail of fewer lines than five, or five imports, may be by chance.
        told = [piece for piece in pieces if len(piece) == min(5, len(secret.lines))]
        for lines in told:
            if all(line.startswith(("import ", "from ")) for line in lines):
                continue
            text = "before\n" + "\n".join(f"    {line}" for line in lines) + "\nafter"
            if suffix == ".ipynb":
                cell = nbformat.v4.new_code_cell(text)
                text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
            elif suffix == ".html":
                text = text.replace("&", "&amp;").replace("<", "&lt;")
                text = text.replace("return", '<span class="k">return</span>')
            path.write_text(text, encoding="utf8")
            found = leaks([path], HIDDEN)
            if len(lines) == 1 and suffix != ".ipynb":
                continue  # one line is no secret outside notebooks
            assert len(found) == 1, (lines, found)
            assert str(path) in found[0]


def is_own(secret: Secret) -> bool:
    """Whether no other assignment has the lines that a secret begins with."""
    holders = [other for other in HIDDEN if secret.lines[:5] in other.runs()]
    return {holder.assignment for holder in holders} == {secret.assignment}


def test_a_leak_stops_the_command_and_nothing_is_left(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], house) == 0
    tree = house / "_build" / "student"
    assert tree.is_dir()
    secret = next(secret for secret in HIDDEN if secret.kind == "hidden tests" and is_own(secret))
    with (house / "chapters" / "01-why-order-needs-memory.md").open("a") as page:
        page.write("\n".join(secret.lines))
    assert main([], house) == 1
    said = capsys.readouterr().err
    assert f"01-why-order-needs-memory.md holds hidden tests of {secret.assignment}" in said
    assert not tree.exists()


def test_what_lies_about_is_not_given_out(house: Path) -> None:
    """Only what git tracks: no marks, no notes of the instructor."""
    for name in ("exercises/shapes/gradebook.db", "exercises/shapes/key.ipynb", "rnnlib/notes.md"):
        (house / name).write_text("{}")
    write(house, house / "out", None)
    names = {path.name for path in (house / "out").rglob("*")}
    assert not names & {"gradebook.db", "key.ipynb", "notes.md", "docs"}


def test_bad_input_gives_one_sentence(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--book", str(house / "nowhere")], house) == 1
    assert "run 'make book' first." in capsys.readouterr().err
    shutil.rmtree(house / ".git")
    assert main([], house) == 1
    assert "is no git repository" in capsys.readouterr().err


def test_links_lead_somewhere(tree: Path) -> None:
    """Those of the README and of the assignments, inside the tree and to its own address."""
    pages = {path: text for path, text in texts(tree / "exercises").items()}
    pages[tree / "README.md"] = (tree / "README.md").read_text("utf8")
    url, branch = current(ROOT)
    slug = url.removeprefix("https://github.com/")
    count = 0
    for path, text in pages.items():
        for target in re.findall(r"\]\(([^)#]+)", text):
            if match := re.search(
                rf"/{slug}/(?:blob/)?{branch}(?:\?urlpath=lab/tree)?/(.+)", target
            ):
                assert (tree / match[1]).is_file(), target
            elif not target.startswith("http"):
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
            count += 1
    assert count >= 3 * len(ASSIGNMENTS)


def test_the_addresses_are_those_of_the_course(house: Path) -> None:
    set_address(["teacher/rnn-2027", "--branch", "autumn"], house)
    write(house, house / "out", None)
    readme = (house / "out" / "README.md").read_text("utf8")
    assert "git clone https://github.com/teacher/rnn-2027\ncd rnn-2027\n" in readme
    assert "/github/teacher/rnn-2027/blob/autumn/exercises/shapes/shapes.ipynb" in readme
    assert "<https://teacher.github.io/rnn-2027/>" in readme
    assert "$" not in readme


def test_students_can_install_it(tree: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tree, tmp_path / "tree")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run([*command, source], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "rnnlib/layers.py" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"rnnlib"}


def test_the_tree_is_what_git_would_publish(tree: Path, tmp_path: Path) -> None:
    """As the guide says: made a repository of its own, it has no history that tells."""
    published = shutil.copytree(tree, tmp_path / "published")
    git(published, "init", "-q")
    git(published, "add", "-A")
    staged = set(git(published, "ls-files", "-z").split("\0")) - {""}
    files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert staged == files  # no .gitignore of ours keeps anything out
