"""RNNCell and rnn_step against torch.nn.RNNCell and against the equation, number by number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

import rnnlib

SIZES = st.integers(1, 5)


def test_one_step_is_the_equation_written_out_in_numbers() -> None:
    x, h = [0.5, -1.0], [0.25]
    W_ih, W_hh, b_ih, b_hh = [0.1, 0.2], [0.3], [0.4], [-0.6]
    a = 0.5 * 0.1 + -1.0 * 0.2 + 0.4 + 0.25 * 0.3 + -0.6
    tensors = [torch.tensor([v], dtype=torch.float64) for v in (x, h, W_ih, W_hh)]
    biases = [torch.tensor(v, dtype=torch.float64) for v in (b_ih, b_hh)]
    assert rnnlib.rnn_step(*tensors, *biases).item() == pytest.approx(math.tanh(a), rel=1e-15)
    pre = rnnlib.rnn_step(*tensors, *biases, nonlinearity=lambda z: z)
    assert pre.item() == pytest.approx(a, rel=1e-14)


def test_a_step_of_an_lstm_written_out_in_numbers() -> None:
    def sigmoid(a: float) -> float:
        return 1 / (1 + math.exp(-a))

    x, h, c = 0.5, 0.25, -2.0
    W_ih, W_hh, b = [0.1, 0.2, 0.3, 0.4], [0.5, -0.6, 0.7, -0.8], [0.9, 1.0, -1.1, 1.2]
    a = [x * w + h * u + d for w, u, d in zip(W_ih, W_hh, b, strict=True)]
    new_c = sigmoid(a[1]) * c + sigmoid(a[0]) * math.tanh(a[2])
    new_h = sigmoid(a[3]) * math.tanh(new_c)

    def column(values: list[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float64)[:, None]

    state = column([h]), column([c])
    weights = column(W_ih), column(W_hh), column(b)[:, 0]
    found = rnnlib.lstm_step(column([x]), state, *weights)
    assert [t.item() for t in found] == pytest.approx([new_h, new_c], rel=1e-14)
    projected, kept = rnnlib.lstm_step(column([x]), state, *weights, W_hr=column([3.0]))
    assert [projected.item(), kept.item()] == pytest.approx([3 * new_h, new_c], rel=1e-14)


def test_a_gru_keeps_or_replaces_its_state_as_z_says() -> None:
    h, W = torch.tensor([[0.25]]), torch.tensor([[0.0], [0.0], [1.0]])
    x = torch.tensor([[2.0]])
    keep, replace = torch.tensor([0.0, 50.0, 0.0]), torch.tensor([50.0, -50.0, 0.0])
    assert rnnlib.gru_step(x, h, W, W, keep).item() == 0.25
    assert rnnlib.gru_step(x, h, W, W, replace).item() == pytest.approx(math.tanh(2.25))
    # r scales the bias of the state's side too, but not that of the input's.
    blind, bias = replace * torch.tensor([-1, 1, 1]), torch.tensor([0.0, 0.0, 7.0])
    assert rnnlib.gru_step(x, h, W, W, blind, bias).item() == pytest.approx(math.tanh(2.0))


each_kind = pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])


@each_kind
@given(
    data=st.data(),
    B=st.none() | st.integers(0, 4),
    input_size=SIZES,
    hidden_size=SIZES,
    bias=st.booleans(),
    with_state=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_cell_equals_torch(
    kind: str,
    data: st.DataObject,
    B: int | None,
    input_size: int,
    hidden_size: int,
    bias: bool,
    with_state: bool,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    batch = () if B is None else (B,)
    args = [input_size, hidden_size, bias]
    if kind == "RNNCell":
        args.append(data.draw(st.sampled_from(["tanh", "relu"])))
    reference = getattr(torch.nn, kind)(*args, dtype=torch.float64)
    mine = getattr(rnnlib, kind)(*args, dtype=torch.float64)
    inputs: list[Any] = [torch.randn(*batch, input_size, dtype=torch.float64)]
    if with_state:
        h, c = torch.randn(2, *batch, hidden_size, dtype=torch.float64)
        inputs.append((h, c) if kind == "LSTMCell" else h)
    rnnlib.verify(mine, reference, *inputs).raise_if_different()


@each_kind
@pytest.mark.parametrize("bias", [True, False])
def test_same_seed_same_weights_and_names(kind: str, bias: bool) -> None:
    torch.manual_seed(3)
    mine = getattr(rnnlib, kind)(4, 6, bias)
    torch.manual_seed(3)
    reference = getattr(torch.nn, kind)(4, 6, bias)
    ours, theirs = mine.state_dict(), reference.state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert (mine.bias_ih is None) == (reference.bias_ih is None)
    reference.load_state_dict(getattr(rnnlib, kind)(4, 6, bias).state_dict())


@each_kind
@pytest.mark.parametrize("args", [(3, 4), (3, 4, False), (3, 4, 1), (3, 0)])
def test_repr(kind: str, args: tuple[object, ...]) -> None:
    assert repr(getattr(rnnlib, kind)(*args)) == repr(getattr(torch.nn, kind)(*args))


@pytest.mark.parametrize("args", [(3, 4, True, "relu"), (3, 4, False, "relu")])
def test_repr_of_a_relu_cell(args: tuple[object, ...]) -> None:
    assert repr(rnnlib.RNNCell(*args)) == repr(torch.nn.RNNCell(*args))


@each_kind
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_precision_is_kept(kind: str, dtype: torch.dtype) -> None:
    cell = getattr(rnnlib, kind)(3, 4, dtype=dtype)
    state = cell(torch.randn(2, 3, dtype=dtype))
    assert {h.dtype for h in (state if isinstance(state, tuple) else [state])} == {dtype}
    reference = getattr(torch.nn, kind)(3, 4, dtype=dtype)
    rnnlib.verify(cell, reference).raise_if_different()


@pytest.mark.parametrize(
    ("step", "gates"), [(rnnlib.rnn_step, 1), (rnnlib.lstm_step, 4), (rnnlib.gru_step, 3)]
)
def test_gradients_of_first_and_second_order(step: Callable[..., Any], gates: int) -> None:
    torch.manual_seed(0)
    rows = 2 * gates
    shapes = [(2, 3), (2, 2), (2, 2), (rows, 3), (rows, 2), (rows,), (rows,)]
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]

    def run(x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, *weights: torch.Tensor) -> Any:
        return step(x, (h, c) if gates == 4 else h, *weights)

    if gates != 4:
        inputs[2].requires_grad_(False)
    assert gradcheck(run, inputs)
    assert gradgradcheck(run, inputs)
