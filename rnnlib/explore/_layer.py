"""The shapes of a recurrent layer, in numbers and in names, all read off real runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import prod

import torch
from torch import nn

#: The sizes that a shape is made of. As distinct primes, they can be read off any product of them.
PRIMES = {"D": 2, "T": 3, "B": 5, "I": 7, "H": 11, "L": 13}
TENSORS = ("input", "h_0", "output", "h_n")
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Layer:
    """A ``torch.nn.RNN`` and the input that it gets.

    Attributes
    ----------
    input_size, hidden_size, num_layers, bidirectional, batch_first
        As in ``torch.nn.RNN``.
    T, B : int
        Time steps and sequences of the input.
    batched : bool
        Without it the input is a single sequence and has no axis for B.
    """

    input_size: int
    hidden_size: int
    num_layers: int
    bidirectional: bool
    batch_first: bool
    T: int
    B: int
    batched: bool

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes by the names that shapes are written with."""
        return {
            "D": 2 if self.bidirectional else 1,
            "T": self.T,
            "B": self.B,
            "I": self.input_size,
            "H": self.hidden_size,
            "L": self.num_layers,
        }

    @property
    def key(self) -> str:
        """The options that decide which axes there are, as the page's controls spell them."""
        return f"{self.num_layers}{self.sizes['D']}{self.batch_first:d}{self.batched:d}"


@torch.inference_mode()
def run(layer: Layer) -> Shapes:
    """Run a ``torch.nn.RNN`` and report the shapes of all its tensors and parameters.

    The shape of ``h_0`` is one that the layer was seen to accept.
    """
    with torch.random.fork_rng(devices=()):  # the reader's random numbers stay what they were
        rnn = nn.RNN(
            layer.input_size,
            layer.hidden_size,
            layer.num_layers,
            batch_first=layer.batch_first,
            bidirectional=layer.bidirectional,
        )
    axes = (layer.B, layer.T) if layer.batch_first else (layer.T, layer.B)
    x = torch.zeros(*(axes if layer.batched else (layer.T,)), layer.input_size)
    h_0 = torch.zeros_like(rnn(x)[1])
    output, h_n = rnn(x, h_0)
    tensors = dict(zip(TENSORS, (x, h_0, output, h_n), strict=True)) | dict(rnn.named_parameters())
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


@cache
def _symbols(batch_first: bool, batched: bool) -> dict[str, tuple[str, ...]]:
    """Shapes in names, as in ``("T", "B", "D*H")``, read off one run with prime sizes."""
    p = PRIMES
    layer = Layer(p["I"], p["H"], p["L"], True, batch_first, p["T"], p["B"], batched)

    def names(size: int) -> str:
        return "*".join(name for name, prime in p.items() if size % prime == 0)

    return {name: tuple(map(names, shape)) for name, shape in run(layer).items()}


def symbols(layer: Layer) -> dict[str, tuple[str, ...]]:
    """The shapes of a layer in names: one entry for each tensor and parameter that it has."""
    tiny = run(replace(layer, input_size=1, hidden_size=1, T=1, B=1))
    every = _symbols(layer.batch_first, layer.batched)
    return {name: every[name] for name in tiny}


def evaluate(names: str, sizes: Mapping[str, int]) -> int:
    """The number that ``names`` stand for: a sum of products, as in ``H*I+H``."""
    return sum(prod(sizes[name] for name in term.split("*")) for term in names.split("+"))
