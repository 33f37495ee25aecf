"""A quick build changes what the cells name, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coursebook.fast import shorten

ROOT = Path(__file__).parents[2]
PAGE = """\
Trains for epochs=20, as the text says.

```{code-cell} ipython3
---
tags: [hide-input]
fast: {epochs=20: epochs=2}
---
fit(model, epochs=20)
```

```{code-cell} ipython3
fit(other, epochs=20)
```
"""


def test_only_the_cell_that_asks_for_it_is_shortened() -> None:
    assert shorten(PAGE) == PAGE.replace("fit(model, epochs=20)", "fit(model, epochs=2)")


def test_an_option_that_no_longer_fits_its_cell_is_named() -> None:
    with pytest.raises(ValueError, match=r"^The option `fast` of a cell names 'epochs=20', which"):
        shorten(PAGE.replace("fit(model, epochs=20)", "fit(model, epochs=30)"))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "chapters").glob("*.md")), ids=lambda path: path.stem
)
def test_the_options_of_the_chapters_fit(path: Path) -> None:
    text = path.read_text("utf8")
    changed = sum(
        a != b for a, b in zip(text.splitlines(), shorten(text).splitlines(), strict=True)
    )
    assert changed >= len(re.findall(r"^fast:", text, re.M))
