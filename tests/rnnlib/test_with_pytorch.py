"""The layers within what PyTorch does with modules: checkpointing, transforms, tracing, devices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence
from torch.utils.checkpoint import checkpoint

import rnnlib
from rnnlib import packing
from rnnlib.data import windows

each_kind = pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])


def pair(kind: str, dtype: torch.dtype = torch.float64, **options: Any) -> tuple[Any, Any]:
    """A layer of ours and one of PyTorch's, with the same weights."""
    torch.manual_seed(0)
    reference = getattr(nn, kind)(3, 4, **options).to(dtype)
    mine = getattr(rnnlib, kind)(3, 4, **options).to(dtype)
    mine.load_state_dict(reference.state_dict())
    return mine, reference


def draw(dtype: torch.dtype = torch.float64) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(5, 2, 3, dtype=dtype)


def gradients(layer: nn.Module, loss: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, list(layer.parameters())))


@each_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_checkpointing(kind: str, dtype: torch.dtype) -> None:
    layer, _ = pair(kind, dtype)
    x = draw(dtype).requires_grad_()
    kept, computed_again = (
        gradients(layer, output.sin().sum())
        for output in (layer(x)[0], checkpoint(layer, x, use_reentrant=False)[0])
    )
    torch.testing.assert_close(computed_again, kept)


@each_kind
def test_many_gradients_in_one_pass(kind: str) -> None:
    mine, reference = pair(kind)
    x = draw()
    expected = jacobian(lambda x: reference(x)[0], x)
    found = jacobian(lambda x: mine(x)[0], x, vectorize=True)
    torch.testing.assert_close(found, expected)

    x.requires_grad_()
    output = mine(x)[0]
    ones = torch.eye(output.numel(), dtype=x.dtype).unflatten(1, output.shape)
    found = torch.vmap(lambda v: torch.autograd.grad(output, x, v, retain_graph=True)[0])(ones)
    torch.testing.assert_close(found.view(expected.shape), expected)


@pytest.mark.filterwarnings("ignore:Complex modules")
@each_kind
def test_complex_numbers(kind: str) -> None:
    mine, reference = pair(kind, torch.complex128)
    x = draw(torch.complex128)
    found, expected = (gradients(rnn, rnn(x)[0].abs().pow(2).sum()) for rnn in (mine, reference))
    torch.testing.assert_close(found, expected)


@each_kind
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}], ids=str)
@pytest.mark.parametrize("packed", [False, True])
def test_autocast(kind: str, options: dict[str, Any], packed: bool) -> None:
    mine, reference = pair(kind, torch.float32, **options)
    x: Any = draw(torch.float32)
    if packed:
        x = pack_padded_sequence(x, [5, 2])
    with torch.autocast("cpu", torch.bfloat16):
        (found, _), (expected, _) = mine(x), reference(x)
    assert found.data.dtype == expected.data.dtype
    torch.testing.assert_close(found.data, expected.data, rtol=2e-2, atol=2e-2)


@each_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_traced_whole(kind: str, dtype: torch.dtype) -> None:
    layer, x = pair(kind, dtype)[0], draw(dtype)
    expected = layer(x)[0]
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x)[0], expected)
    exported = torch.export.export(layer, (x,), strict=True).module()
    torch.testing.assert_close(exported(x)[0], expected)
    torch.testing.assert_close(make_fx(lambda x: layer(x)[0])(x)(x), expected)


@pytest.mark.parametrize("backend", ["bptt", "auto"])
def test_another_thread_may_compile_meanwhile(backend: str) -> None:
    layer, x = rnnlib.GRU(3, 4, backend=backend), draw(torch.float32)

    def long(x: Tensor) -> Tensor:
        for i in range(100):
            x = torch.sin(x) + i
        return x

    compile_it: Callable[[], Any] = lambda: torch.compile(long, backend="eager")(x)  # noqa: E731
    thread = threading.Thread(target=compile_it)
    thread.start()
    calls = 0
    while thread.is_alive():
        assert layer(x)[0].grad_fn.name() == "ScanBackward"
        calls += 1
    assert calls


@each_kind
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_default_device_is_not_where_lengths_are_counted(kind: str, bidirectional: bool) -> None:
    layer, _ = pair(kind, bidirectional=bidirectional)
    sequences = [draw()[:n, 0] for n in (5, 2, 3)]
    packed = pack_sequence(sequences, enforce_sorted=False)
    x = draw()
    dense, expected = layer(x)[0], layer(packed)[0].data
    with torch.device("meta"):  # any but the one where the data are
        assert torch.equal(layer(packed)[0].data, expected)
        assert torch.equal(layer(x)[0], dense)
        again = packing.pack_sequence(sequences, enforce_sorted=False)
        assert torch.equal(again.data, packed.data)
        padded, lengths = packing.pad_packed_sequence(again)
        for some in lengths, lengths.tolist():
            back = packing.pack_padded_sequence(padded, some, enforce_sorted=False)
            assert torch.equal(back.data, packed.data)
        for found, sequence in zip(packing.unpack_sequence(again), sequences, strict=True):
            assert torch.equal(found, sequence)
        assert torch.equal(windows(sequences[0], 2, 1)[0][1], sequences[0][1:3])
        rnnlib.verify(layer, layer, packed).raise_if_different()


def test_the_step_of_a_layer_is_one_function() -> None:
    """The compiler keeps what it made of each function for as long as Python runs."""
    for options in {}, {"proj_size": 2}, {"proj_size": 2, "bias": False}:
        layer = rnnlib.LSTM(3, 4, **options)  # type: ignore[arg-type]
        assert layer._step() is layer._step()
