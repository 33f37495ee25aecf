"""The derivatives of bptt against autograd through the loop, and when auto takes which."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call, vmap
from torch.nn.utils.rnn import pack_sequence

import rnnlib
from rnnlib.backends import choose

each_kind = pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])


def make(kind: str, *sizes: int, **options: Any) -> Any:
    torch.manual_seed(0)
    return getattr(rnnlib, kind)(*sizes, dtype=torch.float64, **options)


def draw(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def draw_state(kind: str, *shape: int) -> Any:
    h, c = draw(2, *shape)
    return (h, c) if kind == "LSTM" else h


@each_kind
@given(
    data=st.data(),
    T=st.integers(1, 6),
    B=st.integers(0, 4),
    input_size=st.integers(1, 5),
    hidden_size=st.integers(1, 5),
    bias=st.booleans(),
    bidirectional=st.booleans(),
    packed=st.booleans(),
)
def test_bptt_equals_loop(
    kind: str,
    data: st.DataObject,
    T: int,
    B: int,
    input_size: int,
    hidden_size: int,
    bias: bool,
    bidirectional: bool,
    packed: bool,
) -> None:
    options: dict[str, Any] = {"bias": bias, "bidirectional": bidirectional}
    if kind == "RNN":
        options["nonlinearity"] = data.draw(st.sampled_from(["tanh", "relu"]))
    x: Any = draw(T, B, input_size)
    if packed and B:
        lengths = data.draw(st.lists(st.integers(1, T), min_size=B, max_size=B))
        x = pack_sequence([x[:n, b] for b, n in enumerate(lengths)], enforce_sorted=False)
    state = draw_state(kind, 2 if bidirectional else 1, B, hidden_size)
    if kind == "LSTM" and bias and hidden_size > 1 and data.draw(st.booleans()):
        options["proj_size"] = hidden_size - 1
        state = state[0][..., 1:], state[1]
    fast, slow = (
        make(kind, input_size, hidden_size, backend=backend, **options)
        for backend in ("bptt", "loop")
    )
    rnnlib.verify(fast, slow, x, state, rtol=1e-12).raise_if_different()


@each_kind
@pytest.mark.parametrize("what", ["output", "one step", "final", "second order"])
def test_whatever_the_loss_depends_on(kind: str, what: str) -> None:
    gradients = []
    for backend in "bptt", "loop":
        layer = make(kind, 3, 4, backend=backend)
        x = draw(5, 2, 3).requires_grad_()
        output, final = layer(x)
        final = final[0] + final[1] if kind == "LSTM" else final
        loss = {
            "output": output.sin().sum(),
            "one step": output[2].sin().sum(),
            "final": final.sin().sum(),
            "second order": torch.autograd.grad(output.sin().sum(), x, create_graph=True)[0].norm(),
        }[what]
        loss.backward()
        gradients.append([x.grad, *(p.grad for p in layer.parameters())])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-13)


@each_kind
def test_only_what_is_wanted_gets_a_gradient(kind: str) -> None:
    layer = make(kind, 3, 4, backend="bptt")
    reference = make(kind, 3, 4, backend="loop")
    x, state = draw(5, 2, 3), draw_state(kind, 1, 2, 4)
    for module in layer, reference:
        module.weight_ih_l0.requires_grad_(False)
        module.bias_hh_l0.requires_grad_(False)
        module(x, state)[0].sin().sum().backward()
    assert layer.weight_ih_l0.grad is None
    assert layer.bias_hh_l0.grad is None
    torch.testing.assert_close(layer.weight_hh_l0.grad, reference.weight_hh_l0.grad)
    torch.testing.assert_close(layer.bias_ih_l0.grad, reference.bias_ih_l0.grad)
    with torch.no_grad():
        assert not layer(x, state)[0].requires_grad


@each_kind
@pytest.mark.parametrize("order", [1, 2])
def test_a_weight_that_is_used_twice_in_a_cell(kind: str, order: int) -> None:
    gradients = []
    for backend in "bptt", "loop":
        layer = make(kind, 4, 4, backend=backend)
        layer.bias_hh_l0 = layer.bias_ih_l0
        layer.weight_hh_l0 = layer.weight_ih_l0
        loss = layer(draw(5, 2, 4))[0].sin().sum()
        if order == 2:
            first = torch.autograd.grad(loss, list(layer.parameters()), create_graph=True)
            loss = sum(g.sin().sum() for g in first)  # type: ignore[assignment]
        loss.backward()
        gradients.append([p.grad for p in layer.parameters()])
    assert len(gradients[0]) == 2
    torch.testing.assert_close(*gradients, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("kind", "kept"), [("RNN", 1), ("GRU", 5), ("LSTM", 6)])
def test_memory(kind: str, kept: int) -> None:
    """An RNN keeps T*B*H numbers for the way back; the gated cells also their gates."""
    T, B, H = 50, 8, 16
    layer, x = make(kind, 3, H), draw(T, B, 3)
    storages: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output, _ = layer(x)
    for known in (x, output, *layer.parameters()):
        storages.pop(known.untyped_storage().data_ptr(), None)
    initial = 4 * B * H  # h_0 and c_0, and their places in front of the others
    assert sum(storages.values()) <= 8 * (kept * T * B * H + initial)


# Which backend


@each_kind
def test_auto_takes_bptt_and_says_so(kind: str) -> None:
    layer = make(kind, 3, 4)
    assert layer.backend == "auto"
    x = draw(5, 2, 3)
    packed = pack_sequence([draw(n, 3) for n in (1, 3, 2)], enforce_sorted=False)
    for args in (x,), (x[:, 0],), (packed,), (x, draw_state(kind, 1, 2, 4)):
        assert layer.backend_for(*args) == "bptt"
    assert layer(x)[0].grad_fn.name() == "ScanBackward"
    layer.backend = "loop"
    assert layer.backend_for(x) == "loop"
    assert layer(x)[0].grad_fn.name() == "StackBackward0"


@each_kind
def test_auto_takes_the_loop_where_only_autograd_can_help(kind: str) -> None:
    layer, x = make(kind, 3, 4), draw(5, 2, 3)
    slow = make(kind, 3, 4, backend="loop")
    fast = make(kind, 3, 4, backend="bptt")

    with torch.autocast("cpu", torch.bfloat16):
        # An LSTM goes where autocast casts it for torch.nn.LSTM as well.
        cast = "onednn" if kind == "LSTM" else "loop"
        assert layer.float().backend_for(x.float()) == cast
        with pytest.raises(ValueError, match=r"'bptt' cannot run this: autocast .* Use 'auto'"):
            fast.float()(x.float())
    layer.double()
    fast.double()

    def names(x: Tensor) -> Tensor:
        assert layer.backend_for(x) == "loop"
        return functional_call(layer, dict(layer.named_parameters()), (x,))[0]

    each_sequence = vmap(names, in_dims=1, out_dims=1)(x)
    torch.testing.assert_close(each_sequence, layer(x)[0])

    results = []
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, draw(5, 2, 3))
        assert layer.backend_for(dual) == "loop"
        for module in layer, slow:
            results.append(forward_ad.unpack_dual(module(dual)[0]).tangent)
        with pytest.raises(ValueError, match="forward-mode"):
            fast(dual)
    torch.testing.assert_close(*results)
    assert layer.backend_for(x) == "bptt"


def test_auto_takes_the_loop_for_cells_without_a_derivative() -> None:
    def leaky(x_t: Tensor, h: Tensor, W: Tensor) -> Tensor:
        return 0.9 * h + x_t @ W

    assert make("LSTM", 3, 4, bias=False, proj_size=2).backend_for(draw(5, 2, 3)) == "loop"
    assert make("LSTM", 3, 4, proj_size=2).backend_for(draw(5, 2, 3)) == "bptt"
    args = leaky, draw(5, 2, 3), draw(2, 4), [draw(3, 4)]
    with pytest.raises(ValueError, match="derivative is not written down"):
        choose("bptt", *args)
    assert choose("auto", *args) == "loop"


@each_kind
@pytest.mark.filterwarnings("ignore:.*torch.jit", "ignore::torch.jit.TracerWarning")
def test_traced_by_jit(kind: str) -> None:
    layer, x = make(kind, 3, 4), draw(5, 2, 3)
    traced = torch.jit.trace(layer, x, check_trace=False)
    torch.testing.assert_close(traced(2 * x)[0], layer(2 * x)[0])


def test_exploding_relu_gives_the_gradients_of_torch() -> None:
    """Where a unit is silent the gradient is zero, also if what comes back is infinite."""
    mine = rnnlib.RNN(2, 2, nonlinearity="relu")
    reference = nn.RNN(2, 2, nonlinearity="relu")
    with torch.no_grad():
        for name, value in mine.state_dict().items():
            value.copy_(1e20 * torch.eye(2) if "hh" in name and "weight" in name else 0 * value)
        mine.weight_ih_l0.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
    reference.load_state_dict(mine.state_dict())
    x = torch.ones(4, 1, 2)
    gradients = []
    for layer in mine, reference:
        layer(x)[0][-1].sum().backward()
        gradients.append([p.grad for p in layer.parameters()])
    torch.testing.assert_close(*gradients, equal_nan=True)
