"""The reference of `rnnlib`: pages that Sphinx's own autodoc and napoleon make of its docstrings.

A page is a few words and an ``automodule`` for each module. Docstrings are written to be read in a
terminal; what is added here makes them read as well on a page: shapes become code, and each name
leads to its source in the repository.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).parent.parent

BRACKETS = re.compile(r"\(([\w\s.*+,]*)\)")
#: Keeps a shape on one line.
NBSP = "\N{NO-BREAK SPACE}"
#: Stands for a colon and a space while napoleon reads a docstring.
COLON = "\N{RATIO}"
#: A size alone between commas, as B, 4H or T_i.
SIZE = re.compile(r"(?<!\w)\d*[A-Z](_\w)?(?!\w)")

SETTINGS: dict[str, Any] = {
    "add_module_names": False,
    "autodoc_default_options": {"member-order": "bysource", "no-value": True},
    "autodoc_preserve_defaults": True,
    "autodoc_typehints": "none",  # the docstrings say more: shapes, units
    "napoleon_google_docstring": False,
    "napoleon_use_rtype": False,
    # By default they come under the heading 'Variables'.
    "napoleon_custom_sections": [("Attributes", "params_style")],
    "toc_object_entries_show_parents": "hide",
}


def mark_shapes(line: str) -> str:
    """Turn shapes in a line of a docstring into code.

    ``x : Tensor of shape (B,), or (B, *)`` is to become code in two places, one for each shape.
    """

    def marked(found: re.Match[str]) -> str:
        before, inside = line[: found.start()], found[1]
        named = before.endswith(("shape ", "shapes "))
        is_shape = named or ("," in inside and SIZE.search(inside))
        in_code = len(re.findall("`+", before)) % 2 == 1
        return f"``{found[0].replace(' ', NBSP)}``" if is_shape and not in_code else found[0]

    return BRACKETS.sub(marked, line)


def improve_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Mark the shapes of a docstring, but not in its examples and literal blocks."""
    literal: int | None = None  # indentation of the line that opened a literal block
    in_example = False
    for i, line in enumerate(lines):
        indentation = len(line) - len(line.lstrip())
        if literal is not None and line.strip() and indentation <= literal:
            literal = None
        in_example = bool(line.strip()) and (in_example or line.lstrip().startswith(">>>"))
        if literal is None and not in_example:
            lines[i] = mark_shapes(line)
            if line.rstrip().endswith("::") or line.lstrip().startswith(".. code-block::"):
                literal = indentation


def protect_colon(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Keep napoleon from taking what stands before a colon for the type of a constant."""
    if what in ("data", "attribute", "property") and lines:
        lines[0] = lines[0].replace(": ", COLON)


def restore_colon(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Undo :func:`protect_colon`, when napoleon is done."""
    lines[:] = [line.replace(COLON, ": ") for line in lines]


def hide_factories(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    signature: str | None,
    result: str | None,
) -> tuple[str, None] | None:
    """Leave out the arguments of a dataclass that is made by a function, not by its reader."""
    return ("", None) if signature and "<factory>" in signature else None


def source_address(config: Config, domain: str, info: dict[str, str]) -> str | None:
    """Address in the repository of the lines that define an object."""
    if domain != "py" or not info["module"]:
        return None
    obj: Any = importlib.import_module(info["module"])
    for name in info["fullname"].split("."):
        obj = getattr(obj, name, None)
    obj = obj.fget if isinstance(obj, property) else inspect.unwrap(obj) if callable(obj) else obj
    try:
        path = Path(inspect.getsourcefile(obj) or "").resolve()
        lines, first = inspect.getsourcelines(obj)
    except TypeError:  # a constant: it has no lines of its own
        return None
    if not path.is_relative_to(ROOT):  # inherited from torch
        return None
    file = path.relative_to(ROOT).as_posix()
    return f"{config.source_address}/{file}#L{first}-L{first + len(lines) - 1}"


def configure(app: Sphinx, config: Config) -> None:
    """Set what `_config.yml` would set, had the reference not a module of its own."""
    for name, value in SETTINGS.items():
        setattr(config, name, value)
    theme: Any = config.html_theme_options
    config.source_address = f"{theme['repository_url']}/blob/{theme['repository_branch']}"
    config.linkcode_resolve = lambda domain, info: source_address(config, domain, info)


def setup(app: Sphinx) -> None:
    """Add autodoc, napoleon and linkcode to a Sphinx application."""
    # When it changes, pages that name it are read anew.
    app.add_config_value("source_address", "", "env", str)
    # Before napoleon (500), which makes fields of the sections.
    app.connect("config-inited", configure, priority=100)
    for extension in ("autodoc", "napoleon", "linkcode"):
        app.setup_extension(f"sphinx.ext.{extension}")
    app.connect("autodoc-process-docstring", improve_docstring, priority=400)
    app.connect("autodoc-process-docstring", protect_colon, priority=400)
    app.connect("autodoc-process-docstring", restore_colon, priority=600)
    app.connect("autodoc-process-signature", hide_factories)
    app.add_css_file("coursebook/reference.css")
