"""RNN as a drop-in for torch.nn.RNN: values, gradients, weights, dropout, and life as a module."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn.utils.rnn import PackedSequence, pack_sequence

import rnnlib

each_kind = pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])


@st.composite
def options_of(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Every option of a layer of this kind, but dropout."""
    options: dict[str, Any] = {
        "input_size": draw(st.integers(1, 5)),
        "hidden_size": draw(st.integers(1, 5)),
        "num_layers": draw(st.integers(1, 3)),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bidirectional": draw(st.booleans()),
    }
    if kind == "RNN":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    if kind == "LSTM":
        options["proj_size"] = draw(st.integers(0, options["hidden_size"] - 1))
    return options


def pair(kind: str, seed: int = 0, **options: Any) -> tuple[Any, Any]:
    """Ours and torch's, made after the same seed."""
    options = {"dtype": torch.float64, **options}
    torch.manual_seed(seed)
    mine = getattr(rnnlib, kind)(**options)
    torch.manual_seed(seed)
    return mine, getattr(nn, kind)(**options)


def draw_state(layer: Any, *batch: int, **options: Any) -> Any:
    """Draw h_0, or of an LSTM (h_0, c_0)."""
    states = layer.num_layers * (2 if layer.bidirectional else 1)
    sizes = [layer.proj_size or layer.hidden_size, layer.hidden_size]
    options = {"dtype": torch.float64, **options}
    drawn = tuple(torch.randn(states, *batch, size, **options) for size in sizes)
    return drawn if "LSTM" in type(layer).__name__ else drawn[1]


def flat(state: Any) -> tuple[Tensor, ...]:
    return state if isinstance(state, tuple) else (state,)


def results(module: nn.Module, x: Any, state: Any) -> dict[str, Tensor]:
    """Outputs and the gradients that backward() leaves, without any help from verify."""
    data = x.data if isinstance(x, PackedSequence) else x
    data = data.clone().requires_grad_()
    leaves = () if state is None else tuple(h.clone().requires_grad_() for h in flat(state))
    given = None if state is None else leaves if isinstance(state, tuple) else leaves[0]
    output, final = module(x._replace(data=data) if isinstance(x, PackedSequence) else data, given)
    if isinstance(output, PackedSequence):
        assert output.batch_sizes is x.batch_sizes
        assert output.sorted_indices is x.sorted_indices
        assert output.unsorted_indices is x.unsorted_indices
        output = output.data
    assert isinstance(final, tuple) == (module._get_name() == "LSTM")
    found = {"output": output} | {f"final {i}": h for i, h in enumerate(flat(final))}
    generator = torch.Generator().manual_seed(1)
    for tensor in found.values():
        weights = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
        (tensor * weights).sum().backward(retain_graph=True)
    found |= {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    return found | {"x": data.grad} | {f"initial {i}": h.grad for i, h in enumerate(leaves)}


def assert_equal(mine: nn.Module, reference: nn.Module, x: Any, state: Any) -> None:
    """Every number within 1e-12 of the largest of its tensor."""
    ours, theirs = results(mine, x, state), results(reference, x, state)
    assert ours.keys() == theirs.keys()
    for name, b in theirs.items():
        a = ours[name]
        assert a.shape == b.shape, name
        assert a.dtype == b.dtype, name
        assert a.stride() == b.stride() or "output" not in name, name
        if b.numel():
            assert (a - b).abs().max() <= 1e-12 * b.abs().max(), name


@each_kind
@given(
    data=st.data(),
    T=st.integers(1, 6),
    B=st.none() | st.integers(0, 4),
    with_state=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_layer_equals_torch(
    kind: str, data: st.DataObject, T: int, B: int | None, with_state: bool, seed: int
) -> None:
    options = data.draw(options_of(kind))
    mine, reference = pair(kind, seed, **options)
    shape = [T] if B is None else [B, T] if options["batch_first"] else [T, B]
    x = torch.randn(*shape, options["input_size"], dtype=torch.float64)
    state = draw_state(mine, *([] if B is None else [B]))
    assert_equal(mine, reference, x, state if with_state else None)


@each_kind
@given(
    data=st.data(),
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    sort=st.booleans(),
    with_state=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_layer_equals_torch_on_packed_sequences(
    kind: str,
    data: st.DataObject,
    lengths: list[int],
    sort: bool,
    with_state: bool,
    seed: int,
) -> None:
    options = data.draw(options_of(kind))
    mine, reference = pair(kind, seed, **options)
    lengths = sorted(lengths, reverse=True) if sort else lengths
    sequences = [torch.randn(n, options["input_size"], dtype=torch.float64) for n in lengths]
    packed = pack_sequence(sequences, enforce_sorted=sort)
    state = draw_state(mine, len(lengths))
    assert_equal(mine, reference, packed, state if with_state else None)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("kind", "extra"),
    [
        ("RNN", {}),
        ("RNN", {"nonlinearity": "relu"}),
        ("LSTM", {}),
        ("LSTM", {"proj_size": 24}),
        ("GRU", {}),
    ],
)
def test_long_and_wide_in_every_precision(
    dtype: torch.dtype, kind: str, extra: dict[str, Any]
) -> None:
    options = {"input_size": 16, "hidden_size": 32, "num_layers": 2, "bidirectional": True}
    mine, reference = pair(kind, dtype=dtype, **options, **extra)
    x = torch.randn(100, 8, 16, dtype=dtype)
    output, final = mine(x)
    assert {tensor.dtype for tensor in (output, *flat(final))} == {dtype}
    if dtype is not torch.bfloat16:
        rnnlib.verify(mine, reference, x).raise_if_different()
        return
    # After 100 steps PyTorch's own gradients are off by up to a seventh, those through relu by
    # chance: a sum near 0 changes its sign. So judge both by float64, all tensors together.
    exact, _ = pair(kind, **options, **extra)
    exact.load_state_dict(reference.state_dict())
    mine.load_state_dict(reference.state_dict())
    ours, theirs = (
        rnnlib.verify(layer, exact, x, copy_weights=False) for layer in (mine, reference)
    )
    assert sum(row.error for row in ours.rows) <= sum(row.error for row in theirs.rows)


@each_kind
def test_empty_batch_gives_the_gradients_of_nothing(kind: str) -> None:
    mine, _ = pair(kind, input_size=3, hidden_size=4, bidirectional=True)
    output, final = mine(torch.empty(5, 0, 3, dtype=torch.float64))
    assert output.shape == (5, 0, 8)
    assert all(h.shape == (2, 0, 4) for h in flat(final))
    sum(tensor.sum() for tensor in (output, *flat(final))).backward()
    assert all(p.grad is not None and p.grad.eq(0).all() for p in mine.parameters())


def test_autocast() -> None:
    mine, reference = pair("RNN", input_size=3, hidden_size=4, dtype=torch.float32)
    x = torch.randn(5, 2, 3)
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = mine(x), reference(x)
        half = mine(x.bfloat16())  # a dtype that autocast may mix
    assert [t.dtype for t in ours] == [t.dtype for t in theirs] == [torch.bfloat16] * 2
    torch.testing.assert_close(ours, theirs, rtol=2e-2, atol=2e-2)
    assert half[0].dtype == torch.bfloat16


# Gradients of higher order


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("RNN", {"num_layers": 2}),
        ("RNN", {"nonlinearity": "relu", "bidirectional": True}),
        ("LSTM", {"num_layers": 2}),
        ("LSTM", {"proj_size": 1, "bidirectional": True}),
        ("GRU", {"num_layers": 2}),
        ("GRU", {"bias": False, "bidirectional": True}),
    ],
)
def test_gradients_of_first_and_second_order(kind: str, options: dict[str, Any]) -> None:
    mine, _ = pair(kind, 4, input_size=2, hidden_size=2, **options)
    names = [name for name, _ in mine.named_parameters()]
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    state = flat(draw_state(mine, 2, requires_grad=True))

    def run(x: Tensor, *rest: Tensor) -> Any:
        given = rest[: len(state)] if kind == "LSTM" else rest[0]
        lent = dict(zip(names, rest[len(state) :], strict=True))
        output, final = functional_call(mine, lent, (x, given))
        return output, *flat(final)

    inputs = (x, *state, *mine.parameters())
    assert gradcheck(run, inputs)
    assert gradgradcheck(run, inputs)


@each_kind
def test_second_order_gradients_of_packed_sequences(kind: str) -> None:
    mine, _ = pair(kind, input_size=2, hidden_size=2, bidirectional=True)
    packed = pack_sequence([torch.randn(n, 2, dtype=torch.float64) for n in (1, 3, 2)], False)
    data = packed.data.clone().requires_grad_()

    def run(data: Tensor) -> tuple[Tensor, ...]:
        output, final = mine(packed._replace(data=data))
        return output.data, *flat(final)

    assert gradcheck(run, data)
    assert gradgradcheck(run, data)


# Weights


@each_kind
@given(data=st.data())
def test_same_seed_same_weights(kind: str, data: st.DataObject) -> None:
    mine, reference = pair(kind, **data.draw(options_of(kind)))
    ours, theirs = mine.state_dict(), reference.state_dict()
    assert list(ours) == list(theirs)
    for name in theirs:
        assert torch.equal(ours[name], theirs[name])
    for a, b in zip(mine.all_weights, reference.all_weights, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(a, b, strict=True))


def test_weights_are_drawn_between_plus_and_minus_one_over_root_h() -> None:
    mine = rnnlib.RNN(50, 16)
    weights = nn.utils.parameters_to_vector(mine.parameters())
    assert weights.abs().max() <= 0.25
    assert weights.abs().max() > 0.249
    before = weights.clone()
    mine.reset_parameters()
    assert not torch.equal(nn.utils.parameters_to_vector(mine.parameters()), before)


@each_kind
def test_weights_are_exchanged_both_ways(kind: str) -> None:
    options = {"input_size": 3, "hidden_size": 4, "num_layers": 2, "bidirectional": True}
    mine, _ = pair(kind, 1, **options)
    other, reference = pair(kind, 2, **options)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    mine.load_state_dict(reference.state_dict())
    assert torch.equal(mine(x)[0], other(x)[0])
    reference.load_state_dict(pair(kind, 3, **options)[0].state_dict())
    assert_equal(pair(kind, 3, **options)[0], reference, x, None)


def test_tied_and_replaced_weights_are_used() -> None:
    mine, reference = pair("RNN", input_size=4, hidden_size=4, num_layers=2)
    x = torch.randn(5, 2, 4, dtype=torch.float64)
    replacement = nn.Parameter(torch.eye(4, dtype=torch.float64))
    for rnn in mine, reference:
        rnn.weight_hh_l1 = rnn.weight_hh_l0
        rnn.weight_ih_l0 = replacement
    assert "weight_hh_l1" not in dict(mine.named_parameters())
    replacement.grad = None
    ours = results(mine, x, None)
    replacement.grad = None
    theirs = results(reference, x, None)
    for name in theirs:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-12, atol=1e-12)


@each_kind
def test_functional_call_lends_weights_for_one_call(kind: str) -> None:
    mine, _ = pair(kind, 1, input_size=3, hidden_size=4)
    other, _ = pair(kind, 2, input_size=3, hidden_size=4)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    own = mine(x)[0]
    lent = functional_call(mine, dict(other.named_parameters()), (x,))[0]
    assert torch.equal(lent, other(x)[0])
    assert torch.equal(mine(x)[0], own)


@each_kind
def test_vmap_runs_an_ensemble_and_gradients_per_sequence(kind: str) -> None:
    models = [pair(kind, seed, input_size=3, hidden_size=4)[0] for seed in range(3)]
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    weights, buffers = stack_module_state(models)

    def run(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(models[0], (weights, buffers), (x,))[0]

    torch.testing.assert_close(
        vmap(run, in_dims=(0, None))(weights, x), torch.stack([model(x)[0] for model in models])
    )
    weights = dict(models[0].named_parameters())
    each = vmap(grad(lambda w, s: run(w, s).sum()), in_dims=(None, 1))(weights, x)
    models[0](x)[0].sum().backward()
    for name, parameter in models[0].named_parameters():
        torch.testing.assert_close(each[name].sum(0), parameter.grad)


# Dropout


@each_kind
def test_dropout_falls_where_torch_lets_it_fall(kind: str) -> None:
    options = {"input_size": 3, "hidden_size": 4, "num_layers": 3, "bidirectional": True}
    for batch_first in False, True:
        mine, reference = pair(kind, dropout=0.4, batch_first=batch_first, **options)
        x = torch.randn(5, 2, 3, dtype=torch.float64)
        outputs = []
        for rnn in mine, reference:
            torch.manual_seed(7)
            outputs.append(rnn(x))
        torch.testing.assert_close(*outputs, rtol=1e-12, atol=1e-15)


def test_dropout_is_between_layers_in_training_and_scales() -> None:
    mine, _ = pair("RNN", input_size=3, hidden_size=50, num_layers=2, dropout=0.25)
    with torch.no_grad():  # layer 1 passes on what it reads, if it is not negative
        mine.nonlinearity = "relu"
        for name, value in mine.state_dict().items():
            if name.endswith("l1"):
                value.copy_(torch.eye(50)) if "weight_ih" in name else value.zero_()
    x = torch.rand(40, 10, 3, dtype=torch.float64)
    mine.eval()
    kept = mine(x)[0]
    mine.train()
    output, h_n = mine(x)
    alive = kept > 0
    zeroed = (output == 0) & alive
    assert zeroed.sum() / alive.sum() == pytest.approx(0.25, abs=0.02)
    torch.testing.assert_close(output[~zeroed], kept[~zeroed] / 0.75)  # what is left is scaled up
    assert not torch.equal(zeroed[0], zeroed[1])  # a new mask at each time
    torch.testing.assert_close(h_n[0], mine.eval()(x)[1][0])  # h_n of layer 0 is not dropped


def test_dropout_never_touches_the_last_layer_and_can_be_changed_live() -> None:
    mine, reference = pair("RNN", input_size=3, hidden_size=4, num_layers=2, dropout=1.0)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(mine(x), reference(x))
    assert mine(x)[0].abs().min() > 0
    no_dropout = pair("RNN", input_size=3, hidden_size=4, num_layers=2)[0]
    assert not torch.equal(mine(x)[0], no_dropout(x)[0])
    assert torch.equal(copy.deepcopy(mine).eval()(x)[0], no_dropout(x)[0])
    mine.dropout = 0.0
    assert torch.equal(mine(x)[0], no_dropout(x)[0])
    with pytest.warns(UserWarning, match="num_layers greater than 1"):
        single, _ = pair("RNN", input_size=3, hidden_size=4, dropout=0.9)
    assert torch.equal(single(x)[0], pair("RNN", input_size=3, hidden_size=4)[0](x)[0])


# Life as a module


@each_kind
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_layers": 2},
        {"bias": False},
        {"batch_first": True},
        {"num_layers": 3, "dropout": 0.5},
        {"bidirectional": True},
        {"num_layers": 2, "bias": False, "batch_first": True, "dropout": 1, "bidirectional": True},
    ],
)
def test_repr(kind: str, options: dict[str, Any]) -> None:
    mine, reference = pair(kind, input_size=3, hidden_size=4, **options)
    assert repr(mine) == repr(reference)


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("RNN", (3, 4, 2, "relu", False, True, 0.5, True)),
        ("LSTM", (3, 4, 2, False, True, 0.5, True, 2, "cpu", torch.bfloat16)),
        ("GRU", (3, 4, 2, False, True, 0.5, True)),
    ],
)
def test_options_by_position_are_torchs(kind: str, args: tuple[Any, ...]) -> None:
    mine, reference = getattr(rnnlib, kind)(*args), getattr(nn, kind)(*args)
    assert repr(mine) == repr(reference)
    assert mine.weight_ih_l0.dtype == reference.weight_ih_l0.dtype


@each_kind
def test_copies_and_pickles_are_equal_and_separate(kind: str) -> None:
    mine, _ = pair(kind, input_size=3, hidden_size=4, num_layers=2, bidirectional=True)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    before = mine(x)[0]
    for twin in copy.deepcopy(mine), pickle.loads(pickle.dumps(mine)):
        assert torch.equal(twin(x)[0], before)
        with torch.no_grad():
            twin.weight_ih_l0.zero_()
        assert not torch.equal(twin(x)[0], before)
        assert torch.equal(mine(x)[0], before)


@each_kind
def test_moves_between_precisions_and_devices(kind: str) -> None:
    mine, _ = pair(kind, input_size=3, hidden_size=4, bidirectional=True)
    assert mine.float()(torch.randn(5, 2, 3))[0].dtype == torch.float32
    output, final = mine.to("meta")(torch.empty(5, 2, 3, device="meta"))
    assert {tensor.device.type for tensor in (output, *flat(final))} == {"meta"}
    assert output.shape == (5, 2, 8)
    mine.flatten_parameters()


@each_kind
def test_input_and_state_are_left_alone_and_output_is_the_callers(kind: str) -> None:
    mine, _ = pair(kind, input_size=3, hidden_size=4)
    x, state = torch.randn(5, 2, 3).double(), draw_state(mine, 2)
    before = [tensor.clone() for tensor in (x, *flat(state))]
    output, final = mine(x, state)
    expected = torch.autograd.grad(output.sum(), mine.weight_ih_l0, retain_graph=True)[0]
    with torch.no_grad():
        for tensor in output, *flat(final):
            tensor.zero_()  # it may be changed in place, as PyTorch's on a CPU may
    output.sum().backward()
    torch.testing.assert_close(mine.weight_ih_l0.grad, expected)
    assert all(map(torch.equal, (x, *flat(state)), before))
