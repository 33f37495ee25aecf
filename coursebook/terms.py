"""Words of the glossary lead to it where a page uses them first."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from coursebook.quiz import question_node

#: Where a word is not running text: it leads elsewhere already, or stands for itself.
NOT_TEXT = (nodes.reference, nodes.literal, nodes.title, nodes.caption, nodes.table, question_node)
FOLDERS = ("chapters/", "back/")
GLOSSARY = "back/glossary"


def pattern(term: str) -> re.Pattern[str]:
    """Match a term, or its plural; capital letters matter where the term has any."""
    words = r"\s+".join(map(re.escape, term.split()))
    flags = re.IGNORECASE if term == term.lower() else re.NOFLAG
    return re.compile(rf"(?<![\w-]){words}s?(?![\w-])", flags)


class LinkTerms(SphinxPostTransform):
    """Link the first use of each term in each page to the glossary."""

    default_priority = 600  # after references are resolved
    builders = ("html",)

    def run(self, **options: Any) -> None:
        docname = self.env.docname
        if not docname.startswith(FOLDERS) or docname == GLOSSARY:
            return
        objects = self.env.domains["std"].objects.items()
        terms = {name: label for (kind, name), (_, label) in objects if kind == "term"}
        texts = [text for text in self.document.findall(nodes.Text) if is_running(text)]
        # The longest first: 'hidden state' is not a use of 'state'.
        for term in sorted(terms, key=len, reverse=True):
            wanted = pattern(term)
            for at, text in enumerate(texts):
                if found := wanted.search(text):
                    before, after = split(text, found)
                    link = self.link(docname, terms[term], found[0])
                    text.parent.replace(text, [before, link, after])
                    texts[at : at + 1] = [before, after]
                    break

    def link(self, docname: str, label: str, word: str) -> nodes.reference:
        title = "Explained in the glossary"
        link = make_refnode(
            self.app.builder, docname, GLOSSARY, label, nodes.inline("", word), title
        )
        link["classes"].append("glossary-term")
        return link


def split(text: nodes.Text, found: re.Match[str]) -> tuple[nodes.Text, nodes.Text]:
    """The text before and after a match."""
    return nodes.Text(str(text)[: found.start()]), nodes.Text(str(text)[found.end() :])


def is_running(text: nodes.Text) -> bool:
    """Whether a text is part of a paragraph, and of nothing that has a meaning of its own."""
    above, inside = text.parent, False
    while above is not None:
        if isinstance(above, NOT_TEXT):
            return False
        inside = inside or isinstance(above, nodes.paragraph)
        above = above.parent
    return inside


def setup(app: Any) -> None:
    app.add_post_transform(LinkTerms)
