"""Plain Markdown from a resolved Sphinx document tree, as notebooks show it.

Jupyter, Colab and Binder know CommonMark, tables and ``$``-maths, and nothing of MyST. So what a
page does by directive is said here by the means that all of them share: an admonition becomes a
quote, a dropdown becomes ``<details>``, a reference becomes a link or the text that it stands for.

A node that nothing here knows is reported as a warning, never dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from html import escape as escape_html
from itertools import takewhile
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.builders import Builder
from sphinx.locale import admonitionlabels
from sphinx.util import logging

logger = logging.getLogger(__name__)

# Characters that begin something in CommonMark or in Jupyter's maths. An underscore inside a word
# begins nothing and stays readable; `<` and `&` matter only before a tag or an entity.
_SPECIAL = re.compile(
    r"[\\`*\[\]$~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|<(?=[A-Za-z/!?])|&(?=#?[A-Za-z0-9]+;)"
)
# What makes a line a heading, a list item, a quote or a rule.
_LINE_START = re.compile(r"^(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|-+(?=\s*$)|=+(?=\s*$))", re.MULTILINE)
_ORDINAL = re.compile(r"^(\d{1,9})([.)])(?=\s|$)", re.MULTILINE)
# Sphinx's name for a language, where Markdown viewers have another or none.
_LANGUAGES = {"ipython3": "python", "ipython": "python", "default": "", "none": "", "text": ""}


@dataclass(frozen=True)
class Anchor:
    """Where a reference to an id can lead in a notebook: headings are a notebook's only targets."""

    heading: str
    is_section: bool


def collapse(text: str) -> str:
    """Replace each run of white space by one space: a line break of the source means no more."""
    return re.sub(r"[ \t\r\n]+", " ", text)


def escape(text: str) -> str:
    """Text as Markdown that renders as that text, wherever in a line it stands."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def guard_line_starts(markdown: str) -> str:
    """Keep the lines of a paragraph from reading as headings, list items, quotes or rules."""
    return _ORDINAL.sub(r"\1\\\2", _LINE_START.sub(r"\\\1", markdown))


def code_span(code: str) -> str:
    """Code in as many backticks as it needs."""
    code = collapse(code)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", code)), default=0))
    padded = code.startswith("`") or code.endswith("`") or (code[:1] == code[-1:] == " ")
    return f"{ticks} {code} {ticks}" if padded and code.strip() else f"{ticks}{code}{ticks}"


def code_fence(code: str, language: str) -> str:
    """Code as a fenced block, with a fence longer than any inside it."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def quoted(markdown: str) -> str:
    """Markdown as a block quote."""
    return "\n".join(f"> {line}".rstrip() for line in markdown.split("\n"))


def indented(markdown: str, width: int) -> str:
    """Markdown with all lines but the first indented, as a list item's are."""
    return "\n".join(
        " " * width + line if line and number else line
        for number, line in enumerate(markdown.split("\n"))
    )


def destination(url: str) -> str:
    """A link's address with nothing in it that would end the link or a table's cell."""
    return quote(url, safe="/:?#@!$&'*+,;=%~-._")


def fragment(heading: str) -> str:
    """The part after ``#`` by which Jupyter addresses a heading: its text, spaces made hyphens."""
    return quote(heading.replace(" ", "-"))


class MarkdownRenderer:
    """Markdown of one document's nodes.

    Parameters
    ----------
    builder
        The running builder: its environment holds numbers, targets and citations.
    docname
        The document.
    notebook_of
        The notebook's file name of a document, or None where a document has none.

    A node is rendered by the method ``block_<class>`` or ``inline_<class>`` of the nearest of its
    classes that has one.
    """

    def __init__(
        self, builder: Builder, docname: str, notebook_of: Callable[[str], str | None]
    ) -> None:
        self.config: Any = builder.config
        self.env: Any = builder.env
        self.docname = docname
        self.notebook_of = notebook_of
        self._anchors: dict[str, dict[str, Anchor]] = {}
        self._pending_footnotes: list[nodes.footnote] = []
        self._one_line = 0  # above zero inside quotes and tables: maths must not span lines there
        self._in_table = False

    # -- entry points ------------------------------------------------------------------------------

    def block(self, node: nodes.Node) -> str:
        """Markdown of a node that stands between blank lines; empty where it shows nothing."""
        if method := self._method("block", node):
            return method(node)
        return self.inline(node).strip()

    def blocks(self, children: Iterable[nodes.Node]) -> str:
        """Markdown of consecutive blocks."""
        return "\n\n".join(filter(None, map(self.block, children)))

    def inline(self, node: nodes.Node) -> str:
        """Markdown of a node inside a line."""
        if method := self._method("inline", node):
            return method(node)
        return self.unknown(node)

    def inlines(self, node: nodes.Element) -> str:
        """Markdown of a node's children inside a line."""
        text = ""
        for child in node.children:
            part = self.inline(child)
            if text.endswith("!") and part.startswith("["):
                text = text[:-1] + r"\!"  # or the link would read as an image
            text += part
        return text

    def unknown(self, node: nodes.Node, where: str = "") -> str:
        """Report a node that cannot be said in a notebook."""
        logger.warning(
            "a notebook cannot show <%s>%s: write it otherwise or teach coursebook.markdown to",
            type(node).__name__,
            where,
            location=node if node.line or node.source else self.docname,
        )
        return ""

    def _method(self, kind: str, node: nodes.Node) -> Callable[[Any], str] | None:
        for cls in type(node).__mro__:
            if method := getattr(self, f"{kind}_{cls.__name__}", None):
                return method
        return None

    def _nothing(self, node: nodes.Node) -> str:
        return ""

    def _children(self, node: nodes.Element) -> str:
        return self.blocks(node.children)

    # -- headings, numbers and where references lead -----------------------------------------------

    def heading(self, section: nodes.section) -> str:
        """A section's heading as Markdown, with the number that the page shows."""
        return self._section_number(section, self.docname) + self.inlines(section[0]).strip()

    def _section_number(self, section: nodes.section, docname: str) -> str:
        numbers = self.env.toc_secnumbers.get(docname, {})
        number = numbers.get(f"#{section['ids'][0]}", numbers.get(""))
        if not number:
            return ""
        return ".".join(map(str, number)) + self.config.html_secnumber_suffix

    def _number(self, kind: str, node: nodes.Element) -> str:
        """The number of a figure, table, listing or equation; empty where it has none."""
        numbers = self.env.toc_fignumbers.get(self.docname, {}).get(kind, {})
        return next((".".join(map(str, numbers[id_])) for id_ in node["ids"] if id_ in numbers), "")

    def _anchors_of(self, docname: str) -> dict[str, Anchor]:
        """Each id of a document with the heading at or above it."""
        if docname not in self._anchors:
            found: dict[str, Anchor] = {}

            def walk(parent: nodes.Element, heading: str) -> None:
                for child in parent.children:
                    if not isinstance(child, nodes.Element):
                        continue
                    inner, is_section = heading, isinstance(child, nodes.section)
                    if is_section:
                        inner = self._section_number(child, docname) + child[0].astext()
                        if next(child[0].findall(nodes.math), None):
                            inner = ""  # how maths in a heading is addressed differs by viewer
                    for id_ in child["ids"]:
                        found[id_] = Anchor(inner, is_section)
                    walk(child, inner)

            walk(self.env.get_doctree(docname), "")
            self._anchors[docname] = found
        return self._anchors[docname]

    def page_url(self, docname: str | None = None, anchor: str = "") -> str | None:
        """Address of the published page, or None where the book is published nowhere yet."""
        if not self.config.html_baseurl:
            return None
        page = f"{self.config.html_baseurl.rstrip('/')}/{quote(docname or self.docname)}.html"
        return f"{page}#{anchor}" if anchor else page

    def _link(self, node: nodes.Element) -> str | None:
        """Where a reference leads, or None where only its text has a meaning in a notebook."""
        uri = node.get("refuri", "")
        if uri and not node.get("internal"):
            return uri
        docname, _, anchor = (
            uri.partition("#") if uri else (self.docname, "", node.get("refid", ""))
        )
        docname = docname or self.docname
        if anchor in self._sources:
            return self._sources[anchor]
        notebook = self.notebook_of(docname)
        if not notebook:
            return self.page_url(docname, anchor)
        target = self._anchors_of(docname).get(anchor, Anchor("", False))
        suffix = f"#{fragment(target.heading)}" if target.heading else ""
        if docname == self.docname:
            return suffix if suffix and target.is_section else None
        return quote(notebook) + suffix

    @cached_property
    def _sources(self) -> dict[str, str | None]:
        """The DOI or address of each cited work, by the id of its entry in the bibliography."""
        if "cite" not in self.env.domains:
            return {}
        sources = {}
        for citation in self.env.domains["cite"].citations:
            fields = citation.entry.fields
            doi = fields.get("doi")
            sources[citation.citation_id] = f"https://doi.org/{doi}" if doi else fields.get("url")
        return sources

    # -- text --------------------------------------------------------------------------------------

    def inline_Text(self, node: nodes.Text) -> str:
        text = escape(collapse(node.astext()))
        return text.replace("|", r"\|") if self._in_table else text

    def inline_literal(self, node: nodes.Element) -> str:
        span = code_span(node.astext())
        return span.replace("|", r"\|") if self._in_table else span

    def inline_emphasis(self, node: nodes.Element) -> str:
        return f"*{self.inlines(node)}*"

    def inline_strong(self, node: nodes.Element) -> str:
        return f"**{self.inlines(node)}**"

    def inline_subscript(self, node: nodes.Element) -> str:
        return f"<sub>{self.inlines(node)}</sub>"

    def inline_superscript(self, node: nodes.Element) -> str:
        return f"<sup>{self.inlines(node)}</sup>"

    def inline_abbreviation(self, node: nodes.Element) -> str:
        explanation = node.get("explanation", "")
        return self.inlines(node) + (f" ({escape(explanation)})" if explanation else "")

    def inline_inline(self, node: nodes.Element) -> str:
        return self.inlines(node)

    def inline_target(self, node: nodes.Element) -> str:
        return self.inlines(node)  # an anchor shows nothing, the words inside it do

    def inline_raw(self, node: nodes.Element) -> str:
        is_break = "html" in node.get("format", "") and re.fullmatch(
            r"\s*<br\s*/?>\s*", node.astext()
        )
        return "<br>" if is_break else ""

    def inline_reference(self, node: nodes.Element) -> str:
        text, url = self.inlines(node), self._link(node)
        if not url or not text:
            return text
        return f"<{url}>" if node.astext() == url else f"[{text}]({destination(url)})"

    inline_download_reference = unknown

    def inline_footnote_reference(self, node: nodes.Element) -> str:
        footnote = node.document.ids[node["refid"]]
        if footnote not in self._pending_footnotes:
            self._pending_footnotes.append(footnote)
        return f"<sup>{escape(node.astext())}</sup>"

    def inline_image(self, node: nodes.Element) -> str:
        alt = collapse(node.get("alt", "")).strip()
        if not alt:
            logger.warning("the image %s has no alt text", node["uri"], location=node)
        return f"![{escape(alt)}]({destination(self._image_url(node['uri']))})"

    def _image_url(self, uri: str) -> str:
        # By full address: Colab shows neither files beside the notebook nor attachments nor
        # embedded SVG. GitHub, GitLab and Gitea all serve files under this one.
        if "://" in uri:
            return uri
        options = self.config.html_theme_options
        folder = options.get("path_to_docs", "").strip("/")
        path = f"{folder}/{uri}" if folder else uri
        return f"{options['repository_url'].rstrip('/')}/raw/{options['repository_branch']}/{path}"

    inline_index = inline_sd_icon = inline_fontawesome = _nothing
    inline_system_message = _nothing  # reported already, by who made it

    # -- maths -------------------------------------------------------------------------------------

    def inline_math(self, node: nodes.Element) -> str:
        return f"${self._tex(collapse(node.astext()).strip())}$"

    def _tex(self, tex: str) -> str:
        # In a table a bare bar would end the cell in some viewers, an escaped one is a double bar.
        if not self._in_table:
            return tex
        return collapse(tex.replace(r"\|", r"\Vert ").replace("|", r"\vert "))

    def block_math_block(self, node: nodes.Element) -> str:
        tex = re.sub(r"\n\s*\n", "\n", node.astext().strip())  # a blank line would end the maths
        if node.get("nowrap"):  # an environment that is a display of its own
            return collapse(tex) if self._one_line else tex
        if number := self._equation_number(node):
            tex = f"{tex}\n\\tag{{{number}}}"
        # Maths is cut out before quotes are read: a quote's ">" would become part of it.
        return f"$${self._tex(collapse(tex))}$$" if self._one_line else f"$$\n{tex}\n$$"

    def inline_math_block(self, node: nodes.Element) -> str:
        return f"$${self._tex(collapse(node.astext()).strip())}$$"

    def _equation_number(self, node: nodes.Element) -> str:
        if not node.get("number"):
            return ""
        if self.config.math_numfig and self.config.numfig:
            return self._number("displaymath", node)
        return str(node["number"])

    # -- blocks ------------------------------------------------------------------------------------

    def block_paragraph(self, node: nodes.Element) -> str:
        return guard_line_starts(self.inlines(node).strip())

    block_PassthroughTextElement = block_paragraph

    def block_rubric(self, node: nodes.Element) -> str:
        text = self.inlines(node).strip()
        return f"**{text}**" if text else ""

    def block_literal_block(self, node: nodes.Element) -> str:
        language = node.get("language", "")
        return code_fence(node.astext().rstrip("\n"), _LANGUAGES.get(language, language))

    def block_transition(self, node: nodes.Element) -> str:
        return "" if "footnotes" in node["classes"] else "---"

    def block_block_quote(self, node: nodes.Element) -> str:
        return self._quote(node.children)

    def block_attribution(self, node: nodes.Element) -> str:
        return f"— {self.inlines(node).strip()}"

    def block_compound(self, node: nodes.Element) -> str:
        return "" if "toctree-wrapper" in node["classes"] else self._children(node)

    block_glossary = block_legend = _children
    block_footnote = _nothing  # stands below the cell that refers to it
    block_comment = block_target = block_meta = block_raw = _nothing

    def _quote(self, children: Iterable[nodes.Node], title: str = "") -> str:
        self._one_line += 1
        body = self.blocks(children)
        self._one_line -= 1
        parts = [f"**{title}**" if title else "", body]
        return quoted("\n\n".join(part for part in parts if part))

    # -- admonitions and dropdowns -----------------------------------------------------------------

    def block_Admonition(self, node: nodes.Element) -> str:
        children = list(node.children)
        if children and isinstance(children[0], nodes.title):
            title: nodes.Element = children.pop(0)
        else:
            label = admonitionlabels.get(node.tagname, node.tagname)
            title = nodes.title("", str(label))
        if "dropdown" in node["classes"]:
            return self._details(title, children, node["classes"])
        return self._quote(children, self.inlines(title).strip())

    def block_versionmodified(self, node: nodes.Element) -> str:
        return self._quote(node.children)

    def block_sidebar(self, node: nodes.Element) -> str:
        children = list(node.children)
        title = ""
        if children and isinstance(children[0], nodes.title):
            title = self.inlines(children.pop(0)).strip()
        return self._quote(children, title)

    block_topic = block_sidebar

    def _details(
        self, title: nodes.Element, children: list[nodes.Node], classes: Iterable[str]
    ) -> str:
        if "answer" in classes:  # who opens the notebook is here to find it
            page = self.page_url()
            where = f"[this chapter's page]({destination(page)})" if page else "this chapter's page"
            return f"*The answer is on {where} of the book.*"
        summary = self._html(title) or "More"
        return f"<details>\n<summary>{summary}</summary>\n\n{self.blocks(children)}\n\n</details>"

    def _html(self, node: nodes.Element) -> str:
        """Inline nodes as HTML: a summary is no place for Markdown."""
        tags = {nodes.literal: "code", nodes.emphasis: "em", nodes.strong: "strong"}
        parts = []
        for child in node.children:
            if isinstance(child, nodes.Text):
                parts.append(escape_html(collapse(child.astext()), quote=False))
            elif isinstance(child, nodes.math):
                # A bare "<" before a letter would open a tag.
                parts.append(self.inline_math(child).replace("<", r"\lt "))
            elif tag := tags.get(type(child)):
                parts.append(f"<{tag}>{self._html(child)}</{tag}>")
            else:
                parts.append(self._html(child))
        return "".join(parts).strip()

    def block_container(self, node: nodes.Element) -> str:
        component = node.get("design_component")
        children = list(node.children)
        if component == "dropdown":
            classes = [*node.get("container_classes", []), *node.get("title_classes", [])]
            title = children.pop(0) if node.get("has_title") else nodes.title()
            return self._details(title, children, classes)
        if "toggle" in node["classes"]:
            return self._details(nodes.title("", "Show"), children, [])
        if component == "card-title":
            return f"**{self.blocks(children)}**"
        if "literal-block-wrapper" in node["classes"] and isinstance(children[0], nodes.caption):
            caption = self._caption("code-block", node, children.pop(0))
            return f"{caption}\n\n{self.blocks(children)}"
        return self._children(node)

    # -- questions and figures ---------------------------------------------------------------------

    def block_question_node(self, node: nodes.Element) -> str:
        return node["question"].to_markdown()

    block_quiz_node = _children

    def block_figure(self, node: nodes.Element) -> str:
        parts = []
        for child in node.children:
            is_caption = isinstance(child, nodes.caption)
            parts.append(self._caption("figure", node, child) if is_caption else self.block(child))
        return "\n\n".join(part for part in parts if part)

    def _caption(self, kind: str, node: nodes.Element, caption: nodes.Element) -> str:
        """A caption after the number by which the text refers to it."""
        text = self.inlines(caption).strip()
        number = self._number(kind, node)
        return f"**{self.config.numfig_format[kind] % number}** {text}" if number else text

    # -- lists -------------------------------------------------------------------------------------

    def block_bullet_list(self, node: nodes.Element) -> str:
        bullet = "-*"[self._lists_before(node) % 2]
        return self._list(node, [f"{bullet} "] * len(node))

    def block_enumerated_list(self, node: nodes.Element) -> str:
        start, end = node.get("start", 1), ".)"[self._lists_before(node) % 2]
        return self._list(node, [f"{start + place}{end} " for place in range(len(node))])

    def _lists_before(self, node: nodes.Element) -> int:
        """How many lists of its kind a list follows: with equal markers they would be one list."""
        before = node.parent[: node.parent.index(node)]
        return len(list(takewhile(lambda other: type(other) is type(node), reversed(before))))

    def _list(self, node: nodes.Element, markers: Iterable[str]) -> str:
        lists = nodes.bullet_list | nodes.enumerated_list
        tight = all(
            isinstance(child, nodes.paragraph if place == 0 else lists)
            for item in node.children
            for place, child in enumerate(item.children)
        )
        gap = "\n" if tight else "\n\n"
        items = []
        for marker, item in zip(markers, node.children, strict=True):
            if tight:
                body = gap.join(self.block(child) for child in item.children)
            else:
                body = self.blocks(item.children)
            items.append((marker + indented(body, len(marker))).rstrip())
        return gap.join(items)

    def block_definition_list(self, node: nodes.Element) -> str:
        return "\n".join(self._definition(item) for item in node.children)

    def _definition(self, item: nodes.Element) -> str:
        terms = [child for child in item.children if isinstance(child, nodes.term)]
        head = ", ".join(f"**{self.inlines(term).strip()}**" for term in terms)
        body = self.blocks(
            part for child in item.children if isinstance(child, nodes.definition) for part in child
        )
        return "- " + indented(f"{head}: {body}", 2)

    # -- tables ------------------------------------------------------------------------------------

    def block_table(self, node: nodes.Element) -> str:
        parts = [
            self._caption("table", node, child)
            for child in node.children
            if isinstance(child, nodes.title)
        ]
        parts += [self._grid(group) for group in node.children if isinstance(group, nodes.tgroup)]
        return "\n\n".join(parts)

    def _grid(self, group: nodes.tgroup) -> str:
        heads = [row for head in group.findall(nodes.thead) for row in head.children]
        rows = [row for body in group.findall(nodes.tbody) for row in body.children]
        columns = group["cols"]
        if len(heads) > 1:
            self.unknown(heads[1], " as a table's second heading row")
        # A Markdown table always has a heading row; where the source has none it stays empty.
        head = self._row(heads[0]) if heads else "|" + "  |" * columns
        first = (heads or rows)[0]
        rule = "| " + " | ".join(self._alignment(entry) for entry in first.children) + " |"
        return "\n".join([head, rule, *map(self._row, rows)])

    def _alignment(self, entry: nodes.Element) -> str:
        for name, rule in {"left": ":--", "center": ":-:", "right": "--:"}.items():
            if f"text-{name}" in entry["classes"]:
                return rule
        return "---"

    def _row(self, row: nodes.Element) -> str:
        return "| " + " | ".join(self._cell(entry) for entry in row.children) + " |"

    def _cell(self, entry: nodes.Element) -> str:
        if entry.get("morecols") or entry.get("morerows"):
            self.unknown(entry, " that spans rows or columns of a table")
        self._in_table = True
        self._one_line += 1
        parts = []
        for child in entry.children:
            if isinstance(child, nodes.paragraph):
                parts.append(self.inlines(child).strip())
            else:
                self.unknown(child, " in a table")
        self._in_table = False
        self._one_line -= 1
        return "<br>".join(parts)

    # -- footnotes ---------------------------------------------------------------------------------

    def take_footnotes(self) -> list[str]:
        """The notes that the text rendered since the last call refers to."""
        notes = []
        while self._pending_footnotes:  # a note may refer to another
            footnote = self._pending_footnotes.pop(0)
            label, *body = footnote.children
            notes.append(f"<sup>{escape(label.astext())}</sup> {self.blocks(body)}")
        return notes
