"""Nothing that a student wrote can run, or load anything, in the page of somebody else."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grading.sanitise import MAX_MARKUP, MAX_TEXT, clean_html, clean_notebook, safe_markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://evil.example/pixel.png'>",
    "<img srcset='http://evil.example/pixel.png 2x'>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><image href='http://evil.example/p.svg'/></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' jAvascript&#58;alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe src='http://evil.example'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='x.swf'></object><embed src=x>",
    "<link rel=stylesheet href='http://evil.example/x.css'>",
    "<style>@import 'http://evil.example/x.css'; body{display:none}</style>",
    "<div style='background:url(http://evil.example/p.png)'>x</div>",
    "<base href='http://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<form action='http://evil.example'><input name=a><button formaction='javascript:1'>x</form>",
    "<video src='http://evil.example/v' autoplay></video><audio src=x></audio>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math href='javascript:alert(1)'><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<x-widget onclick=alert(1)>",
    "</main></body><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "<table background='http://evil.example/p.png'><tr><td>x</td></tr></table>",
    "<body onload=alert(1)>",
]
IN_MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "![x](http://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "$\\href{javascript:alert(1)}{x}$",
    "$</math><script>alert(1)</script>$",
    "```mermaid\ngraph TD; A-->B; click A 'javascript:alert(1)'\n```",
    "```<script>alert(1)</script>\nx\n```",
    "`<script>alert(1)</script>`",
]
# They run or load something, or change the page around them.
NEVER = (
    *("script", "style", "link", "meta", "base", "iframe", "object", "embed", "form", "input"),
    *("button", "svg", "image", "video", "audio", "source", "track", "body", "html", "template"),
    *("noscript", "textarea", "select", "frame", "frameset", "applet", "mglyph", "x-widget"),
)


def assert_harmless(html: str) -> None:
    for element in BeautifulSoup(html, "html.parser").find_all(True):
        assert element.name not in NEVER
        for name, value in element.attrs.items():
            assert not name.startswith("on")
            assert name not in ("style", "srcset", "srcdoc", "id", "action", "background")
            if name == "src":
                assert str(value).startswith(
                    ("data:image/png", "data:image/jpeg", "data:image/gif")
                )
            if name == "href":
                assert str(value).startswith(("http://", "https://", "mailto:", "#", "/")) or (
                    ":" not in str(value)
                )


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_in_html(attack: str) -> None:
    assert_harmless(clean_html(attack))
    assert_harmless(safe_markdown(attack))
    assert_harmless(safe_markdown(f"text {attack} text\n\n> {attack}"))


@pytest.mark.parametrize("attack", IN_MARKDOWN)
def test_attacks_in_markdown(attack: str) -> None:
    assert_harmless(safe_markdown(attack))


@given(parts=st.lists(st.sampled_from([*ATTACKS, *IN_MARKDOWN]) | st.text(max_size=8), max_size=4))
def test_attacks_in_each_other(parts: list[str]) -> None:
    assert_harmless(safe_markdown("".join(parts)))


@given(start=st.integers(0, 60), end=st.integers(0, 60), at=st.sampled_from(ATTACKS))
def test_pieces_of_attacks(start: int, end: int, at: str) -> None:
    assert_harmless(safe_markdown(at[start:] + at[:end]))


def test_what_people_write_stays() -> None:
    text = (
        "**bold** `a < b` [link](https://example.org)\n\n- one\n- two\n\n| a | b |\n|---|---|\n"
        "| 1 | 2 |\n\n```python\nx = 1\n```\n\n![p](attachment:p.png) H<sub>2</sub>O"
    )
    html = safe_markdown(text, {"p.png": {"image/png": "aGVsbG8="}})
    soup = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in soup.find_all(True)} >= {
        *("strong", "code", "a", "li", "table", "th", "td", "pre", "img", "sub"),
    }
    assert soup.img is not None
    assert soup.img["src"] == "data:image/png;base64,aGVsbG8="
    assert soup.a is not None
    assert soup.a["rel"] == ["noopener", "noreferrer", "nofollow"]
    assert "a < b" in soup.get_text()


def test_formulas_become_mathml() -> None:
    html = safe_markdown("the state $h_t = \\tanh(W x_t)$ and\n\n$$\\sum_{t=1}^{T} \\frac{1}{t}$$")
    soup = BeautifulSoup(html, "html.parser")
    assert [m["display"] for m in soup.find_all("math")] == ["inline", "block"]
    assert soup.find("mfrac")
    assert "$" not in soup.get_text()


def test_a_formula_that_is_none_is_shown_as_it_was_typed() -> None:
    assert "<code>\\frac{</code>" in safe_markdown("$\\frac{$")


@pytest.mark.parametrize("piece", ["[", "*a ", "`", "$", "> ", "<", "![", "- ", "${", "|a"])
def test_text_that_is_meant_to_keep_a_parser_busy(piece: str) -> None:
    """Of more than `MAX_MARKUP` characters nothing is parsed at all."""
    assert_harmless(safe_markdown(piece * (MAX_MARKUP // len(piece))))
    assert "<pre>" in safe_markdown(piece * MAX_MARKUP + "<script>")


def test_outputs_that_run_or_load_are_dropped() -> None:
    bad = {
        "text/html": "<script>alert(1)</script><b>ok</b>",
        "application/javascript": "alert(1)",
        "application/vnd.jupyter.widget-view+json": {"model_id": "x"},
        "text/vnd.mermaid": "graph",
        "application/pdf": "x",
        "image/png": '"><script>alert(1)</script>',
        "text/plain": "a\0b",
    }
    metadata = {"isolated": True, "filenames": {"image/png": "http://evil.example"}}
    cell = new_code_cell("1", outputs=[new_output("display_data", data=bad, metadata=metadata)])
    notebook = new_notebook(cells=[cell])
    cell.id, cell.execution_count = "a b><script>", "<script>"
    clean = clean_notebook(notebook).cells[0]
    assert clean.outputs[0].data == {"text/html": "<b>ok</b>", "text/plain": "ab"}
    assert clean.outputs[0].metadata == {}
    assert clean.execution_count is None
    assert "script" not in json.dumps(clean)


def test_figures_stay() -> None:
    good = {"image/png": "aGVs\nbG8=", "image/svg+xml": "<svg></svg>", "text/plain": "<Figure>"}
    cell = new_code_cell("1", outputs=[new_output("display_data", data=good)])
    assert clean_notebook(new_notebook(cells=[cell])).cells[0].outputs[0].data == good


@pytest.mark.parametrize("kind", ["text/html", "markdown"])
def test_much_markup_is_left_out_or_left_as_it_is(kind: str) -> None:
    """A page of deep nesting takes a parser seconds: a thousand of them nobody would wait for."""
    deep = "<div>" * 3000
    if kind == "markdown":
        cells = [new_markdown_cell(deep) for _ in range(100)]
    else:
        data = {kind: deep, "text/plain": "x"}
        outputs = [new_output("display_data", data=data) for _ in range(100)]
        cells = [new_code_cell("1", outputs=outputs)]
    clean = clean_notebook(new_notebook(cells=cells))
    if kind == "markdown":
        kinds = [cell.cell_type for cell in clean.cells]
    else:
        kinds = ["markdown" if kind in o.data else "raw" for o in clean.cells[0].outputs]
    assert kinds == ["markdown"] * 26 + ["raw"] * 74


def test_a_picture_that_is_not_there_is_said() -> None:
    """An attachment that is lost, or of a kind that is not kept, must not stop the whole page."""
    html = safe_markdown("before ![my <sketch>](attachment:sketch.webp) after")
    assert BeautifulSoup(html, "html.parser").get_text().strip() == (
        "before [my <sketch>: a picture that is not in the notebook] after"
    )


@pytest.mark.parametrize("markup", ["<![foo x", "<![", "<!doctype [<", "<?x", "<![CDATA[", "</"])
def test_malformed_declarations_beside_a_picture(markup: str) -> None:
    text = f'<div>\n{markup}\n<img src="a">\n</div>'
    for html in clean_html(text), safe_markdown(text):
        assert_harmless(html)


def test_many_outputs_are_cut() -> None:
    outputs = [new_output("display_data", data={"text/html": "<img"}) for _ in range(2500)]
    cells = [new_code_cell("1", outputs=outputs[:600]), new_code_cell("2", outputs=outputs[600:])]
    first, second = clean_notebook(new_notebook(cells=cells)).cells
    assert len(first.outputs) == 600
    assert second.outputs[-1].text == "... (1500 more outputs are cut)"


def test_a_traceback_is_cut_as_a_whole() -> None:
    error = new_output("error", ename="E", evalue="", traceback=["\x1b[m" * 9000] * 100)
    cell = new_code_cell("1", outputs=[error])
    traceback = clean_notebook(new_notebook(cells=[cell])).cells[0].outputs[0].traceback
    assert len("\n".join(traceback)) < MAX_TEXT + 100
    assert traceback[-1] == "... (cut)"


@pytest.mark.parametrize("kind", ["text/markdown", "text/latex"])
def test_text_in_place_of_much_markup(kind: str) -> None:
    data = {kind: "x" * (MAX_MARKUP + 1)}
    cell = new_code_cell("1", outputs=[new_output("display_data", data=data)])
    shown = clean_notebook(new_notebook(cells=[cell])).cells[0].outputs[0].data
    assert shown == {"text/plain": data[kind]}


def test_one_output_that_is_too_long() -> None:
    data = {"text/html": "<b>x</b>" * MAX_MARKUP, "text/plain": "x"}
    cell = new_code_cell("1", outputs=[new_output("display_data", data=data)])
    assert clean_notebook(new_notebook(cells=[cell])).cells[0].outputs[0].data.keys() == {
        "text/plain"
    }
