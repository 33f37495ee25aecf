"""Explorers: what a recurrent network does, to be played with, with a kernel and without."""

from rnnlib.explore._base import Explorer
from rnnlib.explore._cell import CellExplorer, cell
from rnnlib.explore._character import CharacterModelExplorer, character_model, rounded
from rnnlib.explore._frames import FramesExplorer, frames
from rnnlib.explore._gates import GatesExplorer, gates
from rnnlib.explore._packing import PackingExplorer, packing
from rnnlib.explore._shapes import ShapesExplorer, shapes

__all__ = [
    "CellExplorer",
    "CharacterModelExplorer",
    "Explorer",
    "FramesExplorer",
    "GatesExplorer",
    "PackingExplorer",
    "ShapesExplorer",
    "cell",
    "character_model",
    "frames",
    "gates",
    "packing",
    "rounded",
    "shapes",
]
