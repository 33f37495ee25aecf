"""The backend that records CUDA graphs; with a GPU the recordings themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence

import rnnlib
from rnnlib.backends import OBSTACLES, graph

Tensors = tuple[Tensor, ...]
LAYERS = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu", "bias": False}),
    ("LSTM", {}),
    ("LSTM", {"proj_size": 2}),
    ("GRU", {}),
]
each_layer = pytest.mark.parametrize(("kind", "options"), LAYERS)


def pair(kind: str, device: str, **options: Any) -> Any:
    torch.manual_seed(0)
    options |= {"num_layers": 2, "bidirectional": True}
    mine = getattr(rnnlib, kind)(3, 4, backend="graph", device=device, **options)
    exact = getattr(rnnlib, kind)(3, 4, backend="loop", **options).double()
    exact.load_state_dict(mine.state_dict())
    return mine, exact


def test_it_says_that_it_needs_a_gpu() -> None:
    layer = rnnlib.RNN(3, 4, backend="graph")
    with pytest.raises(ValueError, match=r"'graph' cannot run this: .* NVIDIA GPU"):
        layer(torch.zeros(5, 2, 3))


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What a recording does, without one: at each replay, new numbers in the same memory."""
    made = []

    def record(function: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
        results = tuple(result.clone() for result in function())
        made.append(len(results))

        def replay() -> None:
            for fixed, now in zip(results, function(), strict=True):
                fixed.copy_(now)

        return results, replay

    monkeypatch.setattr(graph, "record", record)
    monkeypatch.delitem(OBSTACLES, "graph")
    graph._recording.cache_clear()
    return made


@each_layer
def test_layers_of_one_shape_share_recordings_but_no_memory(
    kind: str, options: dict[str, Any], without_gpu: list[int]
) -> None:
    mine, exact = pair(kind, "cpu", **options)
    rnnlib.verify(mine, exact, torch.randn(5, 2, 3)).raise_if_different()
    # Two layers of two directions: two shapes of input, and one of the way back.
    assert len(without_gpu) == 3
    rnnlib.verify(mine, exact, torch.randn(5, 2, 3)).raise_if_different()
    assert len(without_gpu) == 3
    graph._recording.cache_clear()


if torch.cuda.is_available():

    @each_layer
    def test_recordings_equal_loop(kind: str, options: dict[str, Any]) -> None:
        mine, exact = pair(kind, "cuda", **options)
        for _ in range(2):
            rnnlib.verify(mine, exact, torch.randn(7, 3, 3)).raise_if_different()
        x = pack_sequence([torch.randn(n, 3) for n in (3, 3, 1)])
        rnnlib.verify(mine, exact, x).raise_if_different()

    def test_no_recording_within_a_recording() -> None:
        layer = rnnlib.RNN(3, 4, device="cuda")
        x = torch.zeros(5, 2, 3, device="cuda")
        layer(x)
        recording = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recording), torch.no_grad():
            layer.backend = "graph"
            with pytest.raises(ValueError, match="recorded around it"):
                layer(x)
