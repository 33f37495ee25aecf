"""The exported notebooks: what they say, that they are current, that they run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest
import yaml
from docutils import nodes
from hypothesis import assume, example, given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from nbclient import NotebookClient

from coursebook.markdown import MarkdownRenderer, collapse
from coursebook.notebooks import FOLDER, code_cell, dump, export, main, markdown_cell

ROOT = Path(__file__).parents[2]
COMMITTED = sorted((ROOT / FOLDER).glob("*.ipynb"))

# Of Jupyter Book's own extensions.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

Notebook = dict[str, Any]


def read(content: bytes | str) -> Notebook:
    return json.loads(content)


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def sources(notebook: Notebook, kind: str) -> list[str]:
    return [text(cell) for cell in notebook["cells"] if cell["cell_type"] == kind]


def chapter_of(name: str, root: Path) -> Path:
    return next(root.glob(f"*/{name.replace('.ipynb', '.md')}"))  # in chapters/ or back/


@pytest.fixture(scope="module")
def sample(sample_book: Path) -> dict[str, bytes]:
    """The sample book's notebooks, exported from Python."""
    return export(sample_book)


@pytest.fixture(scope="module", params=["sample", "course"])
def notebooks(request: pytest.FixtureRequest) -> tuple[Path, dict[str, Notebook]]:
    """A book's root and its notebooks, of the sample book and of the course itself."""
    if request.param == "course":
        return ROOT, {path.name: read(path.read_bytes()) for path in COMMITTED}
    content = request.getfixturevalue("sample")
    root = request.getfixturevalue("sample_book")
    return root, {name: read(raw) for name, raw in content.items()}


# -- the files as a whole --------------------------------------------------------------------------


def test_committed_notebooks_are_what_the_chapters_export() -> None:
    command = [sys.executable, "-m", "coursebook.notebooks", "--check"]
    check = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert check.returncode == 0, check.stderr
    pages = [*ROOT.glob("chapters/*.md"), *ROOT.glob("back/*.md")]
    assert len(COMMITTED) == sum("\nkernelspec:" in page.read_text("utf8") for page in pages)


def test_export_gives_the_same_bytes_in_another_process(
    sample: dict[str, bytes], sample_book: Path, tmp_path: Path
) -> None:
    # Another seed for hashes, another folder, another path to the book.
    moved = shutil.copytree(sample_book, tmp_path / "elsewhere")
    script = (
        "import sys, pathlib; from coursebook.notebooks import main;"
        "sys.exit(main([], root=pathlib.Path(sys.argv[1])))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "123", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(moved)]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    again = {path.name: path.read_bytes() for path in (moved / FOLDER).glob("*.ipynb")}
    assert again == sample


def test_check_names_each_stale_missing_and_superfluous_file(
    sample_book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shutil.copytree(sample_book, tmp_path / "book")
    folder = root / FOLDER
    folder.mkdir()
    (folder / "00-gone.ipynb").write_text("{}")
    assert main([], root=root) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["01-first.ipynb", "02-second.ipynb"]

    changed = folder / "01-first.ipynb"
    content = changed.read_bytes()
    changed.write_bytes(content.replace(b"First steps", b"first steps"))
    (folder / "02-second.ipynb").unlink()
    (folder / "03-extra.ipynb").write_text("{}")
    capsys.readouterr()
    assert main(["--check"], root=root) == 1
    message = capsys.readouterr().err
    assert "notebooks/01-first.ipynb is not what its chapter exports" in message
    assert "notebooks/02-second.ipynb is missing" in message
    assert "notebooks/03-extra.ipynb belongs to no chapter" in message
    assert "make notebooks" in message
    assert not (root / "_build").exists(), "an export must not touch the built book"


def test_what_a_notebook_cannot_show_stops_the_export(
    sample_book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shutil.copytree(sample_book, tmp_path / "book")
    chapter = root / "chapters" / "02-second.md"
    chapter.write_text(
        chapter.read_text()
        + "\n{download}`box.svg`\n\n"
        + "```{list-table}\n* - - a list\n```\n\n"
        + "![](box.svg)\n\n"
        + "```{code-cell} ipython3\n:tags: [remove-cell]\n\nneeded = 1\n```\n"
    )
    with pytest.raises(RuntimeError, match="cannot be exported"):
        export(root)
    message = capsys.readouterr().err
    assert "02-second.md" in message
    assert "<download_reference>" in message
    assert "<bullet_list> in a table" in message
    assert "box.svg has no alt text" in message
    assert "lack the cell that begins with 'needed = 1'" in message


def test_notebooks_are_valid_and_have_no_trace_of_a_run(
    notebooks: tuple[Path, dict[str, Notebook]],
) -> None:
    for notebook in notebooks[1].values():
        nbformat.validate(notebook)
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        assert notebook["metadata"]["kernelspec"]["name"] == "python3"
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None


def test_files_end_in_one_newline_and_hold_unicode_as_itself(sample: dict[str, bytes]) -> None:
    for content in sample.values():
        assert content.endswith(b"}\n")
        assert b"\\u" not in content


# -- code cells ------------------------------------------------------------------------------------


def cells_of_chapter(path: Path) -> list[str]:
    """The code cells of a chapter, read without MyST-NB."""
    found = []
    for body in re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", path.read_text(), re.M | re.S):
        body = re.sub(r"\A---\n.*?^---\n", "", body, flags=re.M | re.S)
        found.append(re.sub(r"\A(:[^\n]*\n)+", "", body).strip("\n"))
    return found


def test_code_cells_are_the_chapters_behind_one_setup_cell(
    notebooks: tuple[Path, dict[str, Notebook]],
) -> None:
    root, books = notebooks
    for name, notebook in books.items():
        expected = cells_of_chapter(chapter_of(name, root))
        assert sources(notebook, "code")[1:] == expected, name


def test_notebook_begins_with_title_and_colab_setup(
    notebooks: tuple[Path, dict[str, Notebook]],
) -> None:
    root, books = notebooks
    repository = yaml.safe_load((root / "_config.yml").read_text())["repository"]
    source = f"git+{repository['url']}@{repository['branch']}"
    for name, notebook in books.items():
        title, setup = notebook["cells"][:2]
        number = re.match(r"\d\d-", name)  # chapters have one, the back matter has none
        assert re.match(rf"# {int(number[0][:2])}\. \S" if number else r"# [^\W\d]", text(title))
        python = TransformerManager().transform_cell(text(setup))
        compile(python, "setup", "exec")
        # Installs only inside the `if`, from the address in _config.yml, and leaves torch alone.
        pip = f"    get_ipython().run_line_magic('pip', 'install -q \"rnnlib[data] @ {source}\"')"
        assert python.splitlines()[-2:] == ['if "google.colab" in sys.modules:', pip]


def test_tags_stay_and_fold_the_cell(sample: dict[str, bytes]) -> None:
    cells = [cell for cell in read(sample["01-first.ipynb"])["cells"] if cell["metadata"]]
    assert [cell["metadata"] for cell in cells] == [
        {"tags": ["hide-input"], "jupyter": {"source_hidden": True}},
        {"tags": ["raises-exception"]},
        {"tags": ["hide-output"], "jupyter": {"outputs_hidden": True}},
    ]


word = st.text(st.characters(categories=["L", "N", "P", "Z"]), max_size=8)
some_cells = st.lists(st.tuples(st.booleans(), word), min_size=1, max_size=6)


@given(some_cells, word, st.data())
def test_a_new_cell_leaves_the_ids_of_the_others(
    parts: list[tuple[bool, str]], new: str, data: st.DataObject
) -> None:
    assume((True, new) not in parts)
    cells = [code_cell(source) if code else markdown_cell(source) for code, source in parts]
    ids = [cell["id"] for cell in read(dump(cells))["cells"]]
    place = data.draw(st.integers(0, len(cells)))
    longer = [*cells[:place], code_cell(new), *cells[place:]]
    longer_ids = [cell["id"] for cell in read(dump(longer))["cells"]]
    assert longer_ids[:place] + longer_ids[place + 1 :] == ids
    assert max(Counter(longer_ids).values()) == 1
    nbformat.validate(read(dump(longer)))


# -- Markdown cells --------------------------------------------------------------------------------


def test_every_construct_becomes_what_a_viewer_without_myst_can_show(
    sample: dict[str, bytes],
) -> None:
    cells = sources(read(sample["01-first.ipynb"]), "markdown")
    expected = Path(__file__).parent / "expected_01-first.md"
    assert "\n\n<!-- next cell -->\n\n".join(cells) + "\n" == expected.read_text("utf-8")


def test_no_directive_or_role_is_left(notebooks: tuple[Path, dict[str, Notebook]]) -> None:
    for name, notebook in notebooks[1].items():
        for cell in sources(notebook, "markdown"):
            for token in MarkdownIt("commonmark").parse(cell):
                # A fence may show anything as code, but its language may not be a directive.
                said = token.info if token.type == "fence" else token.content
                assert not re.search(r":::|`{3,}\s*\{|\{[a-z:-]+\}`|^\s*\{", said), (name, said)


def trees(cell: str) -> list[SyntaxTreeNode]:
    """All nodes of a Markdown cell, as a viewer without MyST reads it."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    return list(SyntaxTreeNode(parser.parse(cell)).walk())


def heading_anchors(notebook: Notebook) -> set[str]:
    """What Jupyter makes of the headings of a notebook: their text with hyphens for spaces."""
    found = set()
    for cell in sources(notebook, "markdown"):
        for node in trees(cell):
            if node.type == "heading":
                shown = "".join(part.content for part in node.walk() if not part.children)
                found.add(shown.replace(" ", "-"))
    return found


def test_links_lead_to_notebooks_and_headings_that_exist(
    notebooks: tuple[Path, dict[str, Notebook]],
) -> None:
    books = notebooks[1]
    anchors = {name: heading_anchors(notebook) for name, notebook in books.items()}
    seen = 0
    for name, notebook in books.items():
        for cell in sources(notebook, "markdown"):
            for node in trees(cell):
                url = str(node.attrs.get("href", "")) if node.type == "link" else ""
                if url and not re.match(r"https?://|mailto:", url):
                    seen += 1
                    target, _, anchor = unquote(url).partition("#")
                    assert target in {"", *books}, (name, url)
                    assert not anchor or anchor in anchors[target or name], (name, url)
    assert seen


def test_images_have_alt_text_and_a_full_address(
    notebooks: tuple[Path, dict[str, Notebook]],
) -> None:
    seen = 0
    for notebook in notebooks[1].values():
        for cell in sources(notebook, "markdown"):
            for node in trees(cell):
                if node.type == "image":
                    seen += 1
                    assert node.content.strip()
                    assert str(node.attrs["src"]).startswith("https://")
    assert seen


# -- text that could be taken for Markdown ---------------------------------------------------------

# What Markdown gives a meaning, more often than letters.
risky = st.text(
    st.sampled_from("\\`*_{}[]()<>#+-.!|~&;=:$\"'^@/ \nab1") | st.just("é"), max_size=24
)


def renderer() -> MarkdownRenderer:
    nowhere: Any = SimpleNamespace(config=None, env=None)
    return MarkdownRenderer(nowhere, "page", {}.get)


def shown(markdown: str) -> list[tuple[str, str]]:
    """What a viewer shows of each block of text: the kind of block and its characters."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found = []
    for node in SyntaxTreeNode(parser.parse(markdown)).walk():
        if node.type == "inline" and node.parent:
            parts = [part for part in node.walk(include_self=False) if not part.children]
            assert all(part.type in {"text", "text_special", "code_inline"} for part in parts)
            found.append((node.parent.type, "".join(part.content for part in parts)))
    return found


def plain(written: str) -> str:
    """The same text with the white space that Markdown keeps."""
    return collapse(written).strip()


@given(risky)
@example("1. one")
@example("# no heading")
@example("&amp;")
def test_text_in_a_paragraph_shows_as_it_was(written: str) -> None:
    assume(plain(written))
    markdown = renderer().block(nodes.paragraph("", written))
    assert shown(markdown) == [("paragraph", plain(written))]


@given(risky, risky)
@example("`|`", "a \\| b")
def test_text_and_code_in_a_table_show_as_they_were(written: str, code: str) -> None:
    assume(plain(written) and plain(code))
    text_cell = nodes.entry("", nodes.paragraph("", written))
    code_entry = nodes.entry("", nodes.paragraph("", "", nodes.literal("", plain(code))))
    body = nodes.tbody("", nodes.row("", text_cell, code_entry))
    table = nodes.table("", nodes.tgroup("", body, cols=2))
    assert shown(renderer().block(table))[-2:] == [("td", plain(written)), ("td", plain(code))]


# -- the notebooks run -----------------------------------------------------------------------------


@pytest.mark.notebooks
@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_notebook_runs_from_its_first_cell(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    notebook = nbformat.read(path, as_version=4)
    # In an empty folder: what a notebook needs it brings along, as it must on Colab.
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
