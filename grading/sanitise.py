"""Make what a student wrote safe to show: in the feedback, and to whoever grades by hand.

A notebook can hold any HTML and script, and a page of the formgrader has the rights of the person
who looks at it. What comes out of here runs nothing and loads nothing from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import nh3
from bs4 import BeautifulSoup
from latex2mathml.converter import convert as tex_to_mathml
from mistune import HTMLRenderer
from nbconvert.filters.markdown_mistune import (
    InvalidNotebook,
    IPythonRenderer,
    MarkdownWithMath,
)
from nbformat import NotebookNode, from_dict

from grading.intake import is_base64

BASE64_PICTURES = ("image/png", "image/jpeg", "image/gif")
TEXTS = ("text/plain", "text/latex", "text/markdown")
MARKUP = ("text/html", "text/markdown", "text/latex")
MAX_TEXT = 100_000  # characters of one output
MAX_MARKUP = 20_000  # characters of one piece of Markdown or HTML: no parser takes long for them
MAX_MARKUP_OF_ALL = 400_000  # of one notebook
MIN_MARKUP = 100  # as which a shorter piece counts
MAX_OUTPUTS = 1_000  # of one notebook

MATHML = {
    *("math", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "mstyle", "mpadded", "mphantom"),
    *("msup", "msub", "msubsup", "mover", "munder", "munderover", "mmultiscripts"),
    *("mfrac", "msqrt", "mroot", "menclose", "mtable", "mtr", "mtd"),
}
_FORMATTING = {"class", "title", "align", "colspan", "rowspan"}
ATTRIBUTES = {
    "*": {"title", "align"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    **{tag: _FORMATTING for tag in ("div", "span", "pre", "code", "table", "td", "th", "tr")},
    "math": {"display", "xmlns"},
    "mo": {"stretchy", "fence", "form", "separator"},
    "mi": {"mathvariant"},
    "mspace": {"width"},
    "mtable": {"columnalign"},
}
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")


def clean_html(html: str) -> str:
    """Take everything out of some HTML that could run, load, or reach out of its place."""
    if "<img" in html.lower():
        html = _describe_pictures(_clean(html))  # what is clean, any parser can read
    return _clean(html)


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS | MATHML | {"img", "details", "summary"},
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "data"},
        attribute_filter=_filter_attribute,
        link_rel="noopener noreferrer nofollow",
    )


def _describe_pictures(html: str) -> str:
    """Give every picture a text for those who do not see it, or whom it must not reach."""
    soup = BeautifulSoup(html, "html.parser")
    for picture in soup.find_all("img"):
        picture["alt"] = picture.get("alt") or "A picture without a description"
    return str(soup)


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":  # a picture that is in the page itself, or none
        return value if _PICTURE.fullmatch(value) else None
    if name == "href" and value.strip().lower().startswith("data:"):
        return None
    return value


class _Renderer(IPythonRenderer):
    """Jupyter's Markdown, with formulas as MathML: the browser shows it without any script."""

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return _mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return _mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def image(self, text: str, url: str, title: str | None = None) -> str:
        try:
            return super().image(text, url, title)
        except InvalidNotebook:  # the attachment is not there, or is of no kind that is kept
            return f"[{escape(text)}: a picture that is not in the notebook]"

    def block_mermaidjs(self, code: str) -> str:
        return HTMLRenderer.block_code(self, code)


def _mathml(tex: str, display: str) -> str:
    try:
        return tex_to_mathml(tex, display=display)
    except Exception:  # whatever a student wrote: then the formula is shown as it was typed
        return f"<code>{escape(tex)}</code>"


def safe_markdown(source: str, attachments: dict[str, Any] | None = None) -> str:
    """Render a Markdown text of a student as HTML that is safe in any page."""
    if len(source) > MAX_MARKUP:
        return f"<pre>{escape(source)}</pre>"
    renderer = _Renderer(
        escape=False, exclude_anchor_links=True, attachments=attachments or {}, embed_images=False
    )
    try:
        return clean_html(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # whatever a student wrote must not keep others from their feedback
        return f"<pre>{escape(source)}</pre>"


def clean_notebook(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a graded notebook in which no output can run or load anything.

    Markup beyond `MAX_MARKUP_OF_ALL` characters is not shown as such, and outputs beyond
    `MAX_OUTPUTS` are not shown: nobody has to wait for them.
    """
    clean = from_dict(
        {
            "cells": notebook.cells,
            "metadata": notebook.metadata,
            "nbformat": notebook.nbformat,
            "nbformat_minor": notebook.nbformat_minor,
        }
    )
    left, outputs_left = MAX_MARKUP_OF_ALL, MAX_OUTPUTS
    for number, cell in enumerate(clean.cells):
        if cell.cell_type == "markdown":
            left -= len(cell.source)
            if left < 0:
                cell.cell_type = "raw"
        elif cell.cell_type == "code":
            count = cell.get("execution_count")
            cell.execution_count = count if type(count) is int else None
            outputs = cell.get("outputs", [])
            if len(outputs) > outputs_left:
                count = len(outputs) - outputs_left
                note = {"output_type": "stream", "text": f"... ({count} more outputs are cut)"}
                outputs = [*outputs[:outputs_left], from_dict(note)]
            outputs_left = max(0, outputs_left - len(outputs))
            for output in outputs:
                data = output.get("data")
                for kind in MARKUP if isinstance(data, dict) else ():
                    if kind in data:
                        size = len(_join(data[kind]))
                        left -= max(min(size, MAX_MARKUP), MIN_MARKUP)
                        if size > MAX_MARKUP or left < 0:
                            text = data.pop(kind)
                            if kind != "text/html":
                                data.setdefault("text/plain", text)
            cell.outputs = [made for output in outputs if (made := _clean_output(output))]
        if not re.fullmatch(r"[\w-]{1,64}", str(cell.get("id", ""))):
            cell.id = f"cell-{number}"
    return clean


def _clean_output(output: NotebookNode) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return from_dict({"output_type": kind, "name": name, "text": _text(output.get("text"))})
    if kind == "error":
        return from_dict(
            {
                "output_type": kind,
                "ename": _text(output.get("ename"))[:1000],
                "evalue": _text(output.get("evalue")),
                "traceback": _text(list(_lines(output.get("traceback")))).split("\n"),
            }
        )
    if kind in ("display_data", "execute_result"):
        data = output.get("data")
        clean = dict(_clean_data(data)) if isinstance(data, dict) else {}
        laid = {"output_type": kind, "data": clean, "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            laid["execution_count"] = count if type(count) is int else None
        return from_dict(laid) if clean else None
    return None


def _clean_data(data: dict[str, Any]) -> Any:
    for kind, content in data.items():
        if kind in TEXTS:
            yield kind, _text(content)
        elif kind == "text/html":
            yield kind, clean_html(_join(content))
        elif kind in BASE64_PICTURES and is_base64(picture := _join(content)):
            yield kind, picture
        elif kind == "image/svg+xml":  # shown as an <img>, in which nothing runs or loads
            yield kind, _join(content)


def _lines(content: Any) -> Iterator[str]:
    for line in content if isinstance(content, list) else ():
        yield f"{_join(line)}\n"


def _join(content: Any) -> str:
    lines = content if isinstance(content, list) else [content]
    return "".join(line for line in lines if isinstance(line, str))


def _text(content: Any) -> str:
    text = _join(content).replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n... (cut)"
