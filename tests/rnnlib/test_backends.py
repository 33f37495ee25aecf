"""The backends that other libraries write, oneDNN and the compiler, against the loop in float64."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence

import rnnlib


def pair(kind: str, backend: str, *sizes: int, dtype: torch.dtype, **options: Any) -> Any:
    """A layer on this backend, and the same in float64 on the loop."""
    torch.manual_seed(0)
    mine = getattr(rnnlib, kind)(*sizes, backend=backend, **options).to(dtype)
    exact = getattr(rnnlib, kind)(*sizes, backend="loop", **options).double()
    exact.load_state_dict(mine.state_dict())
    return mine, exact


# oneDNN


@given(
    T=st.integers(1, 6),
    B=st.integers(1, 4),
    sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    num_layers=st.integers(1, 2),
    bias=st.booleans(),
    bidirectional=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_onednn_equals_pytorch_to_the_bit(
    T: int, B: int, sizes: tuple[int, int], dtype: torch.dtype, **options: Any
) -> None:
    mine = rnnlib.LSTM(*sizes, backend="onednn", dtype=dtype, **options)
    reference = nn.LSTM(*sizes, dtype=dtype, **options)
    x = torch.randn(T, B, sizes[0])
    rnnlib.verify(mine, reference, x, rtol=0).raise_if_different()


@pytest.mark.parametrize("lengths", [[5, 3, 3, 1], [1, 4], [6]])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_onednn_equals_loop_on_packed_sequences(lengths: list[int], bidirectional: bool) -> None:
    """PyTorch hands no packed sequence to oneDNN; here each block of equal length goes there."""
    options = {"num_layers": 2, "bidirectional": bidirectional}
    mine, exact = pair("LSTM", "onednn", 5, 8, dtype=torch.float32, **options)
    x = pack_sequence([torch.randn(n, 5) for n in lengths], enforce_sorted=False)
    rnnlib.verify(mine, exact, x).raise_if_different()


def test_onednn_keeps_nothing_where_no_gradient_is_wanted() -> None:
    mine, exact = pair("LSTM", "onednn", 3, 4, dtype=torch.float32)
    x = torch.randn(5, 2, 3)
    with torch.no_grad():
        output, _ = mine(x)
    assert not output.requires_grad
    torch.testing.assert_close(output.double(), exact(x.double())[0], rtol=1e-6, atol=1e-6)


def test_onednn_second_order() -> None:
    gradients = []
    for layer in pair("LSTM", "onednn", 3, 4, dtype=torch.float32):
        x = torch.linspace(-1, 1, 30).view(5, 2, 3).to(layer.weight_ih_l0).requires_grad_()
        first = torch.autograd.grad(layer(x)[0].sin().sum(), x, create_graph=True)[0]
        first.pow(2).sum().backward()
        gradients.append([x.grad, *(p.grad for p in layer.parameters())])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a.double(), b, rtol=1e-5, atol=1e-8)


def test_auto_hands_to_onednn_what_pytorch_hands_to_it() -> None:
    lstm, x = rnnlib.LSTM(3, 4), torch.randn(5, 2, 3)
    packed = pack_sequence([torch.randn(n, 3) for n in (4, 4, 1)])
    assert [lstm.backend_for(x), lstm.backend_for(packed)] == ["onednn", "onednn"]
    assert lstm(x)[0].grad_fn.name().startswith("Mkldnn")
    assert lstm.bfloat16().backend_for(x.bfloat16()) == "onednn"
    assert lstm.double().backend_for(x.double()) == "bptt"
    assert lstm.float().backend_for(x[:, :0]) == "bptt"
    assert rnnlib.LSTM(3, 4, proj_size=2).backend_for(x) == "bptt"
    assert [getattr(rnnlib, kind)(3, 4).backend_for(x) for kind in ("RNN", "GRU")] == ["bptt"] * 2
    with torch.backends.mkldnn.flags(enabled=False):
        assert lstm.backend_for(x) == "bptt"


@pytest.mark.parametrize(
    ("layer", "x", "why"),
    [
        (rnnlib.RNN(3, 4), torch.zeros(5, 2, 3), "nothing to oneDNN but an LSTM"),
        (rnnlib.LSTM(3, 4, proj_size=2), torch.zeros(5, 2, 3), "projection"),
        (rnnlib.LSTM(3, 4).double(), torch.zeros(5, 2, 3).double(), "float32 and bfloat16"),
        (rnnlib.LSTM(3, 4).to("meta"), torch.zeros(5, 2, 3, device="meta"), "CPU"),
        (rnnlib.LSTM(3, 4), torch.zeros(5, 0, 3), "no empty batch"),
    ],
)
def test_onednn_says_what_it_cannot_run(layer: Any, x: Tensor, why: str) -> None:
    layer.backend = "onednn"
    with pytest.raises(ValueError, match=rf"^The backend 'onednn' cannot run .*{why}.*'auto'"):
        layer(x)


# The compiler


@pytest.mark.parametrize(
    ("kind", "options"), [("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("GRU", {"bias": False})]
)
def test_compile_equals_loop(kind: str, options: dict[str, Any]) -> None:
    mine, exact = pair(kind, "compile", 3, 4, dtype=torch.float32, **options)
    x = torch.randn(5, 2, 3)
    assert mine.backend_for(x) == "compile"
    rnnlib.verify(mine, exact, x).raise_if_different()
    x.requires_grad_()
    with pytest.raises(RuntimeError, match="create_graph=False"):
        torch.autograd.grad(mine(x)[0].sin().sum(), x, create_graph=True)


@torch._dynamo.config.patch(recompile_limit=1, fail_on_recompile_limit_hit=True)
@torch.no_grad()
def test_one_cell_does_not_use_up_the_versions_of_another() -> None:
    torch.compiler.reset()
    x = torch.randn(5, 2, 3)
    for kind in "RNN", "LSTM", "GRU":
        getattr(rnnlib, kind)(3, 4, backend="compile")(x)
    with pytest.raises(torch._dynamo.exc.FailOnRecompileLimitHit):
        rnnlib.RNN(3, 8, backend="compile")(x)


def test_compile_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match=r"'compile' cannot run this: .* C\+\+ compiler"):
        rnnlib.RNN(3, 4, backend="compile")(torch.randn(5, 2, 3))
