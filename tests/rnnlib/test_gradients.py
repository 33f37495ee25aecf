"""What is measured about gradients, against autograd, closed forms, and torch's own tools."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pack_sequence
from torch.testing import assert_close

import rnnlib
from rnnlib import gradients
from rnnlib.cells import each

KINDS = ["RNN", "LSTM", "GRU"]
each_kind = pytest.mark.parametrize("kind", KINDS)
each_library = pytest.mark.parametrize("library", [nn, rnnlib], ids=["torch", "rnnlib"])
SEEDS = st.integers(0, 2**32)


def make(library: Any, name: str, *sizes: int, seed: int = 0, **options: Any) -> Any:
    torch.manual_seed(seed)
    return getattr(library, name)(*sizes, dtype=torch.float64, **options)


def draw(*shape: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def first_state(name: str, *shape: int) -> Any:
    h, c = draw(2, *shape, seed=2)
    return (h, c) if name.startswith("LSTM") else h


def unrolled(cell: Any, x: Tensor, state: Any) -> list[Any]:
    """The state after each step, by calling the cell in a loop."""
    states = []
    for x_t in x:
        state = cell(x_t, state)
        states.append(state)
    return states


def cell_of(layer: Any, kind: str) -> Any:
    """The cell with the layer's weights."""
    cell = make(nn, f"{kind}Cell", layer.input_size, layer.hidden_size)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    return cell


@each_kind
@each_library
@given(T=st.integers(1, 6), B=st.integers(1, 3), start=st.booleans(), seed=SEEDS)
def test_gradient_norms_are_those_of_the_unrolled_cell(
    library: Any, kind: str, T: int, B: int, start: bool, seed: int
) -> None:
    layer = make(library, kind, 3, 4, seed=seed)
    x = draw(T, B, 3, seed=seed)
    h_0: Any = first_state(kind, B, 4) if start else None
    states = unrolled(cell_of(layer, kind), x, h_0)
    hs = [state[0] if kind == "LSTM" else state for state in states]
    wanted = torch.autograd.grad(hs[-1].sum(), hs)
    with_layer_axis = each(lambda h: h[None], h_0) if start else None
    found = gradients.gradient_norms(layer, x, with_layer_axis)
    assert_close(found, torch.stack([g.norm(dim=1).mean() for g in wanted]), rtol=1e-9, atol=1e-12)
    assert not found.requires_grad
    assert all(p.grad is None for p in layer.parameters())


@each_kind
@each_library
def test_gradient_norms_of_the_state_are_products_of_jacobians(library: Any, kind: str) -> None:
    layer, H, T = make(library, kind, 3, 4), 4, 6
    x = draw(T, 3)
    cell = cell_of(layer, kind)
    states = unrolled(cell, x, None)
    gradient = torch.zeros(2 * H if kind == "LSTM" else H, dtype=torch.float64)
    gradient[:H] = 1  # the loss is the sum of h_T
    norms = [gradient.norm()]
    for t in reversed(range(1, T)):
        before = tuple(s.detach() for s in states[t - 1]) if kind == "LSTM" else states[t - 1]
        gradient = gradient @ gradients.jacobian(cell, x[t], before)
        norms.append(gradient.norm())
    found = gradients.gradient_norms(layer, x, of="state")
    assert_close(found.flip(0), torch.stack(norms), rtol=1e-10, atol=0.0)
    of_h = gradients.gradient_norms(layer, x)
    assert torch.equal(of_h, found) == (kind != "LSTM")


def test_gradient_norms_of_tanh_follow_the_closed_form() -> None:
    layer = make(nn, "RNN", 3, 5)
    x = draw(8, 3)
    h = layer(x)[0]  # (T, H)
    gradient, norms = torch.ones(5, dtype=torch.float64), []
    for t in reversed(range(8)):
        norms.append(gradient.norm())
        gradient = gradient @ gradients.tanh_jacobian(layer.weight_hh_l0, h[t])
    found = gradients.gradient_norms(layer, x)
    assert_close(found.flip(0), torch.stack(norms).detach(), rtol=1e-10, atol=0.0)
    assert found[-1].item() == pytest.approx(math.sqrt(5))  # lag 0: h_T.sum() by h_T


@each_kind
@each_library
def test_gradient_norms_in_every_layout(library: Any, kind: str) -> None:
    x = draw(6, 2, 3)
    norms = gradients.gradient_norms(make(library, kind, 3, 4), x)
    batch_first = make(library, kind, 3, 4, batch_first=True)
    assert_close(gradients.gradient_norms(batch_first, x.transpose(0, 1)), norms)
    alone = [gradients.gradient_norms(make(library, kind, 3, 4), x[:, b]) for b in (0, 1)]
    assert_close(torch.stack(alone).mean(0), norms)
    assert_close(gradients.gradient_norms(batch_first, x[:, 0]), alone[0])


@each_kind
def test_gradient_norms_of_a_loss_of_ones_own(kind: str) -> None:
    layer = make(rnnlib, kind, 3, 4, batch_first=True)
    shapes = []

    def loss(output: Tensor) -> Tensor:
        shapes.append(output.shape)
        return 3 * output[:, 2].sum()  # looks at step 2 of 6

    x = draw(2, 6, 3)
    norms = gradients.gradient_norms(layer, x, loss=loss)
    assert shapes == [(2, 6, 4)]
    assert norms[3:].tolist() == [0, 0, 0]
    assert_close(norms[:3], 3 * gradients.gradient_norms(layer, x[:, :3]))


def test_gradient_norms_need_no_graph_outside_and_no_training() -> None:
    layer = make(nn, "RNN", 3, 4)
    x = draw(5, 2, 3)
    norms = gradients.gradient_norms(layer, x)
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    with torch.no_grad():
        assert_close(gradients.gradient_norms(layer, x), norms)
    assert not x.requires_grad


@pytest.mark.parametrize("options", [{"num_layers": 2}, {"bidirectional": True}])
def test_gradient_norms_refuses_more_than_one_layer(options: dict[str, Any]) -> None:
    layer = make(nn, "GRU", 3, 4, **options)
    with pytest.raises(ValueError, match=r"num_layers=1 and bidirectional=False"):
        gradients.gradient_norms(layer, draw(5, 2, 3))


def test_gradient_norms_refuses_what_it_cannot_measure() -> None:
    layer = make(nn, "GRU", 3, 4)
    with pytest.raises(TypeError, match="one tensor, but got a PackedSequence"):
        gradients.gradient_norms(layer, pack_sequence([draw(5, 3)]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="of is 'c': choose 'h' or 'state'"):
        gradients.gradient_norms(layer, draw(5, 2, 3), of="c")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"got Linear\(.*give an RNN, LSTM or GRU"):
        gradients.gradient_norms(nn.Linear(3, 4), draw(5, 2, 3))


@each_kind
@each_library
@given(H=st.integers(1, 5), seed=SEEDS)
def test_jacobian_predicts_a_small_change(library: Any, kind: str, H: int, seed: int) -> None:
    cell = make(library, f"{kind}Cell", 3, H, seed=seed)
    x_t, state = draw(3, seed=seed), first_state(kind, H)
    J = gradients.jacobian(cell, x_t, state)
    size = 2 * H if kind == "LSTM" else H
    assert J.shape == (size, size)
    assert not J.requires_grad
    change = 1e-6 * draw(size, seed=seed + 1)

    def moved(sign: int) -> Any:
        if kind != "LSTM":
            return cell(x_t, state + sign * change)
        h, c = torch.split(torch.cat(state) + sign * change, H)
        return torch.cat(cell(x_t, (h, c)))

    assert_close(J @ change, (moved(1) - moved(-1)).detach() / 2, rtol=1e-5, atol=1e-13)


@pytest.mark.parametrize(
    ("nonlinearity", "closed_form"),
    [("tanh", gradients.tanh_jacobian), ("relu", gradients.relu_jacobian)],
)
@each_library
@given(H=st.integers(1, 6), seed=SEEDS)
def test_closed_forms_equal_autograd(
    library: Any,
    nonlinearity: str,
    closed_form: Callable[[Tensor, Tensor], Tensor],
    H: int,
    seed: int,
) -> None:
    cell = make(library, "RNNCell", 3, H, seed=seed, nonlinearity=nonlinearity)
    x_t, h = draw(3, seed=seed), draw(H, seed=seed + 1)
    found = closed_form(cell.weight_hh, cell(x_t, h))
    assert_close(found.detach(), gradients.jacobian(cell, x_t, h), rtol=1e-12, atol=1e-14)


def test_relu_at_the_kink_as_in_torch() -> None:
    cell = make(nn, "RNNCell", 1, 2, nonlinearity="relu", bias=False)
    zeros = torch.zeros(1, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    J = gradients.jacobian(cell, *zeros)
    assert torch.equal(J, gradients.relu_jacobian(cell.weight_hh, cell(*zeros)).detach())
    assert not J.any()


@each_kind
@given(T=st.integers(1, 5), H=st.integers(1, 4), seed=SEEDS)
def test_jacobian_product_is_the_derivative_of_all_steps(
    kind: str, T: int, H: int, seed: int
) -> None:
    cell = make(nn, f"{kind}Cell", 3, H, seed=seed)
    x, h_0 = draw(T, 3, seed=seed), first_state(kind, H)
    products = gradients.jacobian_product(cell, x, h_0)
    derivative: Any = torch.autograd.functional.jacobian

    def last(*state: Tensor) -> Any:
        return unrolled(cell, x, state if kind == "LSTM" else state[0])[-1]

    if kind == "LSTM":
        rows = derivative(last, h_0)
        whole = torch.cat([torch.cat(row, dim=1) for row in rows])
    else:
        whole = derivative(last, h_0)
    assert_close(products[-1], whole, rtol=1e-10, atol=1e-13)
    assert_close(gradients.jacobian_product(cell, x[:1], h_0)[0], products[0])
    assert not products.requires_grad


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@given(H=st.integers(1, 5), seed=SEEDS, scale=st.floats(0.2, 5))
def test_jacobian_product_stays_below_its_bound(
    nonlinearity: str, H: int, seed: int, scale: float
) -> None:
    cell = make(nn, "RNNCell", 2, H, seed=seed, nonlinearity=nonlinearity)
    with torch.no_grad():
        cell.weight_hh.mul_(scale)
    products = gradients.jacobian_product(cell, draw(7, 2, seed=seed), draw(H, seed=seed + 1))
    bound = gradients.jacobian_bound(cell.weight_hh, 7)
    assert (torch.linalg.matrix_norm(products, 2) <= bound * (1 + 1e-12)).all()


def test_the_bound_is_reached_where_no_slope_is_lost() -> None:
    W = torch.diag(torch.tensor([3.0, -2.0], dtype=torch.float64))
    state = torch.ones(2, dtype=torch.float64)
    products = gradients.jacobian_product(lambda x_t, h: W @ h, torch.zeros(4, 1), state)
    bound = gradients.jacobian_bound(W, 4)
    assert_close(torch.linalg.matrix_norm(products, 2), bound)
    assert bound.tolist() == pytest.approx([3, 9, 27, 81])
    assert gradients.jacobian_bound(W, 2, max_slope=0.25).tolist() == pytest.approx([0.75, 0.5625])


@given(angle=st.floats(0, 6.3), size=st.floats(0.1, 4), shear=st.floats(-3, 3))
def test_spectral_radius_of_a_rotation_seen_from_another_basis(
    angle: float, size: float, shear: float
) -> None:
    c, s = size * math.cos(angle), size * math.sin(angle)
    rotation = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    basis = torch.tensor([[1.0, shear], [0.0, 1.0]], dtype=torch.float64)
    W = basis @ rotation @ basis.inverse()
    assert gradients.spectral_radius(W) == pytest.approx(size, rel=1e-5)
    assert gradients.spectral_radius(W) <= torch.linalg.matrix_norm(W, 2).item() * (1 + 1e-9)


def with_gradients(values: list[list[float] | None], dtype: torch.dtype) -> list[Tensor]:
    parameters = []
    for value in values:
        parameter = torch.zeros(0 if value is None else len(value), dtype=dtype, requires_grad=True)
        parameter.grad = None if value is None else torch.tensor(value, dtype=dtype)
        parameters.append(parameter)
    return parameters


NUMBERS = st.floats(-1e3, 1e3) | st.sampled_from([0.0, math.inf, -math.inf, math.nan])


@given(
    values=st.lists(st.none() | st.lists(NUMBERS, min_size=1, max_size=4), max_size=4),
    max_norm=st.floats(0, 100),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_clipping_is_torchs(
    values: list[list[float] | None], max_norm: float, dtype: torch.dtype
) -> None:
    mine, theirs = with_gradients(values, dtype), with_gradients(values, dtype)
    norm = gradients.clip_gradients(iter(mine), max_norm)
    assert_close(norm, clip_grad_norm_(theirs, max_norm), equal_nan=True)
    for a, b in zip(mine, theirs, strict=True):
        assert_close(a.grad, b.grad, equal_nan=True) if b.grad is not None else None
        assert (a.grad is None) == (b.grad is None)


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), max_norm=st.floats(0.01, 50))
def test_clipping_keeps_the_direction(values: list[float], max_norm: float) -> None:
    before = torch.tensor(values, dtype=torch.float64)
    assume(before.norm() > 1e-3)
    (p,) = with_gradients([values], torch.float64)
    assert_close(gradients.clip_gradients(p, max_norm), before.norm())
    assert p.grad is not None
    assert p.grad.norm() <= max_norm
    assert_close(p.grad / p.grad.norm(), before / before.norm())
    if before.norm() <= 0.999 * max_norm:
        assert torch.equal(p.grad, before)


def test_clipping_after_a_real_backward() -> None:
    norms = []
    for clip in gradients.clip_gradients, clip_grad_norm_:
        layer = make(rnnlib, "LSTM", 3, 4)
        layer(draw(9, 2, 3))[0].square().sum().backward()
        norms.append([clip(layer.parameters(), 0.5), *(p.grad for p in layer.parameters())])
    assert_close(*norms, rtol=1e-12, atol=0.0)
    assert norms[0][0] > 0.5  # it did clip


def recurrent_blocks(module: nn.Module) -> list[Tensor]:
    return [
        block.detach()
        for name, W in module.named_parameters()
        if "weight_hh" in name
        for block in torch.split(W, W.shape[1])
    ]


@each_kind
@each_library
@pytest.mark.parametrize("suffix", ["", "Cell"])
def test_orthogonal_in_every_gate(library: Any, kind: str, suffix: str) -> None:
    sizes = (3, 5) if suffix else (3, 5, 2)
    options = {} if suffix else {"bidirectional": True}
    model = nn.Sequential(nn.Linear(2, 3), make(library, kind + suffix, *sizes, **options))
    before = {k: v.clone() for k, v in model.state_dict().items()}
    gradients.orthogonal_(model, gain=0.7, generator=torch.Generator().manual_seed(0))
    blocks = recurrent_blocks(model)
    assert len(blocks) == {"RNN": 1, "LSTM": 4, "GRU": 3}[kind] * (1 if suffix else 4)
    for W in blocks:
        assert_close(torch.linalg.svdvals(W), torch.full((5,), 0.7, dtype=torch.float64))
    changed = {k for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {k for k in before if "weight_hh" in k}
    assert all(p.requires_grad and p.is_leaf for p in model.parameters())


def test_orthogonal_is_drawn_from_the_generator() -> None:
    drawn = []
    for seed in 0, 0, 1:
        W = torch.zeros(8, 4)
        gradients.orthogonal_(W, generator=torch.Generator().manual_seed(seed))
        drawn.append(W)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@each_library
def test_identity_makes_an_adder(library: Any) -> None:
    layer = make(library, "RNN", 1, 3, nonlinearity="relu")
    gradients.identity_(layer)
    with torch.no_grad():
        layer.weight_ih_l0.fill_(1.0)
    x = draw(20, 1).abs()
    output, _ = layer(x)
    assert_close(output.detach(), x.cumsum(0).expand(20, 3))
    norms = gradients.gradient_norms(layer, x)  # neither vanishes nor explodes
    assert_close(norms, norms[-1].expand(20))


def test_identity_scaled() -> None:
    cell = make(nn, "RNNCell", 2, 3)
    W_ih = cell.weight_ih.detach().clone()
    gradients.identity_(cell, scale=0.01)
    assert torch.equal(cell.weight_hh.detach(), 0.01 * torch.eye(3, dtype=torch.float64))
    assert not cell.bias_hh.any()
    assert not cell.bias_ih.any()
    assert torch.equal(cell.weight_ih.detach(), W_ih)
    W = torch.ones(2, 2)
    gradients.identity_(W)
    assert W.tolist() == [[1, 0], [0, 1]]


@each_kind
@given(radius=st.floats(0, 3), seed=SEEDS)
def test_scaled_to_a_spectral_radius(kind: str, radius: float, seed: int) -> None:
    layer = make(nn, kind, 2, 4, seed=seed)
    before = recurrent_blocks(make(nn, kind, 2, 4, seed=seed))
    gradients.scaled_(layer, spectral_radius=radius)
    for W, old in zip(recurrent_blocks(layer), before, strict=True):
        assert gradients.spectral_radius(W) == pytest.approx(radius)
        assert_close(W, old * (radius / gradients.spectral_radius(old)))


@pytest.mark.parametrize(
    "initialise",
    [gradients.orthogonal_, gradients.identity_, lambda target: gradients.scaled_(target, 1.0)],
    ids=["orthogonal_", "identity_", "scaled_"],
)
def test_initialisers_refuse_what_has_no_recurrent_weights(
    initialise: Callable[[Any], None],
) -> None:
    with pytest.raises(ValueError, match="Linear has no parameter weight_hh"):
        initialise(nn.Linear(2, 3))
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        initialise(torch.ones(2, 3))
    with pytest.raises(ValueError, match="proj_size"):
        initialise(nn.LSTM(2, 4, proj_size=2))


def test_identity_refuses_gates_and_leaves_them_alone() -> None:
    lstm = make(nn, "LSTM", 2, 3)
    model = nn.ModuleList([make(nn, "RNN", 2, 3), lstm])
    before = [p.clone() for p in model.parameters()]
    with pytest.raises(ValueError, match=r"\(12, 3\): it takes those of an RNN"):
        gradients.identity_(model)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_scaled_refuses_what_no_factor_changes() -> None:
    with pytest.raises(ValueError, match="eigenvalues are all 0"):
        gradients.scaled_(torch.tensor([[0.0, 1.0], [0.0, 0.0]]), 1.0)
