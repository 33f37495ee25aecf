"""A small book with one quiz: its sources, and how Sphinx builds it."""

from __future__ import annotations

import io
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).parents[2]

CONF = """
from docutils import nodes

from coursebook import quiz

extensions = ["myst_parser"]
# Named here, or Sphinx would write it into its defaults, for every later build of this process.
source_suffix = {{".md": "markdown"}}
myst_enable_extensions = ["dollarmath"]
exclude_patterns = ["quizzes", "templates"]
html_theme = "basic"
html_favicon = "{static}/favicon.svg"
html_sidebars = {{"**": []}}  # the theme's search box brings an inline script
templates_path = ["templates"]
html_static_path = ["{static}"]
html_css_files = ["quiz.css"]
html_js_files = [("quiz.js", {{"defer": "defer"}})]
html_math_renderer = "text"


def write_maths(self, node):  # as it is: no third party in a test
    self.body.append(f'<span class="math">{{node.astext()}}</span>')
    raise nodes.SkipNode


def setup(app):
    quiz.setup(app)
    app.add_html_math_renderer("text", (write_maths, None), (write_maths, None))
"""

ADDING = r"""
- id: add
  level: easy
  kind: single
  prompt: 'What is `a + b`, that is $a + b$?'
  code: |
    a = 1
    b = 1
  choices:
    - {text: '`1`', claim: a + b == eval(shown), explain: That is `a` alone.}
    - {text: '`2`', claim: a + b == eval(shown), explain: 'Count: $1 + 1$.'}
    - {text: '`11`', claim: a + b == eval(shown), explain: "Text:\n\n```python\n'1' + '1'\n```"}
  hint: Use your fingers.
  mistake: Writing them side by side.
- id: even
  level: hard
  kind: multiple
  prompt: Which are even?
  choices:
    - {text: '`2`', claim: eval(shown) % 2 == 0, explain: Twice one.}
    - {text: '`3`', claim: eval(shown) % 2 == 0, explain: One is left over.}
    - {text: '`4`', claim: eval(shown) % 2 == 0, explain: Twice two.}
  hint: Divide by 2.
  mistake: Forgetting one.
- id: predicted
  level: medium
  kind: single
  prompt: Is `math.pi` larger than 3?
  choices:
    - {text: 'Yes', claim: math.pi > 3, explain: By about 0.14.}
    - {text: 'No', claim: math.pi <= 3, explain: A hexagon in the circle is shorter than it.}
  hint: Draw a hexagon in a circle.
  mistake: Rounding first.
"""

# The theme's navigation bars bring inline styles.
LAYOUT = """{% extends "!layout.html" %}
{% block relbar1 %}{% endblock %}
{% block relbar2 %}{% endblock %}
"""

PAGE = """# Numbers

```{question} predicted
```

## Quiz

```{quiz} adding
```
"""

INDEX = """# Book

```{toctree}
numbers
```
"""


class Book:
    """Sources of a small Sphinx project, and its build."""

    def __init__(self, folder: Path) -> None:
        self.source, self.html = folder / "source", folder / "html"
        static = ROOT / "coursebook" / "static"
        self.write("conf.py", CONF.format(static=static.as_posix()))
        self.write("templates/layout.html", LAYOUT)
        self.write("quizzes/adding.yml", ADDING)
        self.write("numbers.md", PAGE)
        self.write("index.md", INDEX)

    def write(self, name: str, text: str) -> None:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")

    def build(self, builder: str = "html") -> str:
        """Build what has changed and return the warnings."""
        warnings = io.StringIO()
        out = self.html.with_name(builder)
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                self.source,
                self.source,
                out,
                out / ".trees",
                builder,
                status=None,
                warning=warnings,
            )
            app.build()
        return warnings.getvalue()
