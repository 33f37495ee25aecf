"""Explorers: one step of a cell, a layer's shapes, and figures that depend on a value."""

from rnnlib.explore._base import Explorer
from rnnlib.explore._cell import CellExplorer, cell
from rnnlib.explore._frames import FramesExplorer, frames
from rnnlib.explore._gates import GatesExplorer, gates
from rnnlib.explore._packing import PackingExplorer, packing
from rnnlib.explore._shapes import ShapesExplorer, shapes

__all__ = [
    "CellExplorer",
    "Explorer",
    "FramesExplorer",
    "GatesExplorer",
    "PackingExplorer",
    "ShapesExplorer",
    "cell",
    "frames",
    "gates",
    "packing",
    "shapes",
]
