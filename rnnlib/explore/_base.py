"""What all explorers share: two views of one drawing.

Where a kernel runs an explorer shows widgets, which compute any value on the spot. A published page
has no kernel: its view is HTML that holds every state already. Each part of it names the states in
which it is seen (``data-in``) or the product that it prints (``data-size``), and the page's script
only shows, hides and multiplies. Before that script has run, the first state and all tables can be
read. One explorer is more than its states: `character_model` brings its weights, and a script of
its own runs them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rnnlib.explore._markup import tag


class Explorer(ABC):
    """A drawing to play with: widgets where a kernel runs, plain HTML where none does.

    Jupyter asks an object for all its forms and shows the best that it can: the widget in
    JupyterLab, Colab and Binder, ``text/html`` in the published book, and wherever there are no
    widgets.
    """

    #: What it is, in a few words: its name for a screen reader.
    label: str
    #: By this the page's styles and scripts know it.
    css_class = "explorer"

    @abstractmethod
    def _controls(self) -> str:
        """The page's form controls, which its script makes appear."""

    @abstractmethod
    def _everything(self) -> str:
        """All states, the first one shown, and the tables."""

    @property
    @abstractmethod
    def widget(self) -> Any:
        """The live view, a box of ipywidgets."""

    def _data(self) -> dict[str, object]:
        """What the page's script needs beside the markup, as attributes."""
        return {}

    def html(self) -> str:
        """The view that needs no kernel: markup and data, without script or style."""
        return tag(
            "div",
            tag("div", self._controls(), class_="explorer-controls", hidden=True),
            self._everything(),
            class_=self.css_class,
            role="group",
            aria_label=self.label,
            **self._data(),
        )

    def __repr__(self) -> str:
        return f"<{self.label}: run this cell in a notebook to see it>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = self.widget._repr_mimebundle_()
        return bundle | {"text/plain": repr(self), "text/html": self.html()}
