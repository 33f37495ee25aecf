"""The backend that records CUDA graphs; with a GPU the recordings themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence

import rnnlib
from rnnlib.backends import OBSTACLES, graph
from rnnlib.bench import precision_set

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


@dataclass
class Simulated:
    """What a recording does, without a GPU: at each replay, new numbers in the same memory."""

    stream: str = "first"
    made: list[int] = field(default_factory=list)

    def record(
        self, function: Callable[[], Tensors], device: torch.device
    ) -> tuple[Tensors, Callable[[], None]]:
        results = tuple(result.clone() for result in function())
        self.made.append(len(results))

        def replay() -> None:
            time.sleep(0.001)  # another thread's turn
            for fixed, now in zip(results, function(), strict=True):
                fixed.copy_(now)

        return results, replay


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Simulated:
    instead = Simulated()
    monkeypatch.setattr(graph, "record", instead.record)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: instead.stream)
    monkeypatch.delitem(OBSTACLES, "graph")
    graph._recording.cache_clear()
    return instead


@each_layer
def test_layers_of_one_shape_share_recordings_but_no_memory(
    kind: str, options: dict[str, Any], simulated: Simulated
) -> None:
    mine, exact = pair(kind, "cpu", **options)
    rnnlib.verify(mine, exact, torch.randn(5, 2, 3)).raise_if_different()
    # Two layers of two directions: two shapes of input, and one of the way back.
    assert len(simulated.made) == 3
    rnnlib.verify(mine, exact, torch.randn(5, 2, 3)).raise_if_different()
    assert len(simulated.made) == 3
    graph._recording.cache_clear()


def test_each_precision_and_each_stream_has_its_own_recording(simulated: Simulated) -> None:
    layer, x = rnnlib.RNN(3, 4, backend="graph"), torch.randn(5, 2, 3)

    def made() -> int:
        before = len(simulated.made)
        layer(x)[0].sum().backward()
        return len(simulated.made) - before

    for precision, expected in [("ieee", 2), ("ieee", 0), ("tf32", 2), ("ieee", 0), ("tf32", 0)]:
        with precision_set(precision):
            assert made() == expected, precision
    simulated.stream = "second"
    assert made() == 2
    graph._recording.cache_clear()


def test_threads_take_turns_at_a_recording(simulated: Simulated) -> None:
    layer = rnnlib.RNN(3, 4, backend="graph")
    inputs = list(torch.randn(16, 5, 2, 3))
    with torch.no_grad():
        expected = [layer(x)[0] for x in inputs]

    def run(x: Tensor) -> Tensor:
        with torch.no_grad():  # which each thread sets for itself
            output: Tensor = layer(x)[0]
        return output

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(run, inputs))
    assert all(map(torch.equal, found, expected))
    assert len(simulated.made) == 1
    graph._recording.cache_clear()


if torch.cuda.is_available():

    @each_layer
    def test_recordings_equal_loop(kind: str, options: dict[str, Any]) -> None:
        mine, exact = pair(kind, "cuda", **options)
        for _ in range(2):
            rnnlib.verify(mine, exact, torch.randn(7, 3, 3)).raise_if_different()
        x = pack_sequence([torch.randn(n, 3) for n in (3, 3, 1)])
        rnnlib.verify(mine, exact, x).raise_if_different()

    def test_a_recording_is_of_the_precision_that_is_asked_for() -> None:
        layer = rnnlib.RNN(64, 128, backend="graph", device="cuda")
        exact = rnnlib.RNN(64, 128, backend="loop", dtype=torch.float64)
        exact.load_state_dict(layer.state_dict())
        x = torch.randn(30, 16, 64)
        with torch.no_grad():
            right, errors = exact(x.double())[0], []
            for precision in ("ieee", "tf32", "ieee"):
                with precision_set(precision):
                    errors.append(float((layer(x.cuda())[0].cpu() - right).norm() / right.norm()))
        assert errors[0] == errors[2] < 1e-5 < errors[1] < 5e-3

    def test_streams_do_not_disturb_each_other() -> None:
        layer = rnnlib.RNN(64, 128, backend="graph", device="cuda")
        inputs = torch.randn(8, 200, 16, 64, device="cuda")
        streams = [torch.cuda.Stream() for _ in range(2)]
        with torch.no_grad():
            expected = [layer(x)[0] for x in inputs]
            torch.cuda.synchronize()
            found = []
            for i, x in enumerate(inputs):
                with torch.cuda.stream(streams[i % 2]):
                    found.append(layer(x)[0])
            torch.cuda.synchronize()
        assert all(map(torch.equal, found, expected))

    def test_no_recording_within_a_recording() -> None:
        layer = rnnlib.RNN(3, 4, device="cuda")
        x = torch.zeros(5, 2, 3, device="cuda")
        layer(x)
        recording = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recording), torch.no_grad():
            layer.backend = "graph"
            with pytest.raises(ValueError, match="recorded around it"):
                layer(x)
