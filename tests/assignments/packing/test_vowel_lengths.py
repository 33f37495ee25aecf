"""The lengths that the assignment gives as numbers are those of the real data."""

from __future__ import annotations

from pathlib import Path

import nbformat

from rnnlib.data import japanese_vowels

NOTEBOOK = Path(__file__).parents[3] / "solutions" / "packing" / "packing.ipynb"


def test_the_lengths_in_the_notebook_are_those_of_japanese_vowels() -> None:
    cells = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
    names: dict[str, list[int]] = {}
    exec(cells["vowel-lengths"], names)
    sequences, _, _ = japanese_vowels("train")
    assert names["VOWEL_LENGTHS"] == [len(sequence) for sequence in sequences]
    assert f"the {len(sequences)} training utterances" in cells["vowels"]
    shortest, longest = min(map(len, sequences)), max(map(len, sequences))
    text = " ".join(cells["vowels"].split())
    assert f"the shortest utterance has {shortest} frames, the longest {longest}." in text
