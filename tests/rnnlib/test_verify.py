"""verify() passes what is right and names what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence

import rnnlib
from rnnlib import verify
from rnnlib.backends import BACKENDS

NAMES = [
    "output",
    "h_n",
    "grad input",
    "grad h_0",
    "grad weight_ih_l0",
    "grad weight_hh_l0",
    "grad bias_ih_l0",
    "grad bias_hh_l0",
]


def wrong_names(report: rnnlib.Report) -> list[str]:
    return [row.name for row in report.rows if not row.ok]


def row(report: rnnlib.Report, name: str) -> Any:
    return next(row for row in report.rows if row.name == name)


class Altered(rnnlib.RNN):
    """A layer whose results can be spoiled."""

    def __init__(self, spoil: Callable[[Tensor, Tensor], Any], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.spoil = spoil

    def forward(self, input: Any, hx: Tensor | None = None) -> Any:
        return self.spoil(*super().forward(input, hx))


def test_the_short_call() -> None:
    report = verify(rnnlib.RNN(5, 3), nn.RNN(5, 3))
    assert report.ok
    report.raise_if_different()
    assert [row.name for row in report.rows] == NAMES
    assert [row.shape for row in report.rows[:4]] == [(6, 4, 3), (1, 4, 3), (6, 4, 5), (1, 4, 3)]
    assert all(row.rtol == 1e-5 for row in report.rows)
    assert report.title == "rnnlib.RNN against torch.nn.RNN"


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize(
    ("dtype", "rtol"), [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 5e-2)]
)
def test_inputs_are_drawn_for_layers_and_cells(kind: str, dtype: torch.dtype, rtol: float) -> None:
    report = verify(getattr(rnnlib, kind)(5, 3, dtype=dtype), getattr(nn, kind)(5, 3, dtype=dtype))
    assert report.ok
    assert {row.rtol for row in report.rows} == {rtol}


def test_a_projected_state_is_drawn_too() -> None:
    options = {"num_layers": 2, "proj_size": 2}
    report = verify(rnnlib.LSTM(5, 3, **options), nn.LSTM(5, 3, **options))
    assert report.ok
    assert row(report, "grad h_0[0]").shape == (2, 4, 2)
    assert row(report, "grad h_0[1]").shape == (2, 4, 3)


def test_options_of_the_layer_are_followed() -> None:
    options = {"num_layers": 2, "batch_first": True, "bidirectional": True, "dropout": 0.5}
    report = verify(rnnlib.RNN(5, 3, **options), nn.RNN(5, 3, **options))
    assert report.ok  # in training: both drop the same numbers
    assert row(report, "output").shape == (4, 6, 6)
    assert row(report, "grad h_0").shape == (4, 4, 3)


# Planted faults


def no_b_hh(step: Any, x: Tensor, h: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    return BACKENDS["loop"](step, x, h, weights[:3])


def swapped_axes(step: Any, x: Tensor, h: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    output, _ = BACKENDS["loop"](step, x.transpose(0, 1), h.new_zeros(len(x), 3), weights)
    output = output.transpose(0, 1).contiguous()
    return output, output[-1]


def one_step_late(step: Any, x: Tensor, h: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    return BACKENDS["loop"](step, torch.cat([x[:1] * 0, x[:-1]]), h, weights)


def transposed_W_hh(step: Any, x: Tensor, h: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    W_ih, W_hh, b_ih, b_hh = weights
    return BACKENDS["loop"](step, x, h, (W_ih, W_hh.T, b_ih, b_hh))


def no_initial_state(step: Any, x: Tensor, h: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    return BACKENDS["loop"](step, x, h * 0, weights)


def gradient_cut(step: Any, x: Tensor, h: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    output = []
    for x_t in x:
        h = step(x_t, h.detach(), *weights)
        output.append(h)
    return torch.stack(output), h


def last_state_is_the_first(step: Any, x: Tensor, h: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    output, _ = BACKENDS["loop"](step, x, h, weights)
    return output, output[0]


@pytest.mark.parametrize(
    ("fault", "right"),
    [
        (no_b_hh, []),
        (swapped_axes, []),
        (one_step_late, []),
        (transposed_W_hh, []),
        (no_initial_state, []),
        (gradient_cut, ["output", "h_n"]),
        (last_state_is_the_first, ["output"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_wrong_recurrence_is_found(
    fault: Any, right: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKENDS, "wrong", fault)
    options = {"input_size": 5, "hidden_size": 3, "dtype": torch.float64}
    report = verify(rnnlib.RNN(backend="wrong", **options), nn.RNN(**options))
    assert not report.ok
    assert wrong_names(report) == [name for name in NAMES if name not in right]
    with pytest.raises(AssertionError, match="tensors differ"):
        report.raise_if_different()


def test_outputs_in_another_order_change_the_gradients() -> None:
    # The sum of the outputs is the same, so a plain sum would find the same gradient.
    report = verify(lambda x: (2 * x).flip(0), lambda x: 2 * x.flip(0).flip(0), torch.randn(3))
    assert wrong_names(report) == ["output", "grad input"]


def test_an_error_of_one_part_in_a_million_million_is_found() -> None:
    x = torch.randn(4, dtype=torch.float64)
    assert verify(lambda x: x * (1 + 2e-13), lambda x: x, x).ok
    report = verify(lambda x: x * (1 + 2e-12), lambda x: x, x)
    assert wrong_names(report) == ["output", "grad input"]
    assert row(report, "output").error == pytest.approx(2e-12, rel=0.01)
    assert verify(lambda x: x * (1 + 2e-12), lambda x: x, x, rtol=1e-11).ok


def test_error_is_relative_to_the_largest_number_of_the_tensor() -> None:
    x = torch.tensor([1.0, 100.0])
    report = verify(lambda x: x + torch.tensor([0.5, 0.0]), lambda x: x, x)
    assert row(report, "output").error == pytest.approx(0.005)
    assert row(report, "grad input").error == 0


def test_two_tensors_of_zeros_are_equal_and_a_small_gradient_is_not_zero() -> None:
    assert verify(lambda x: x * 0, lambda x: x * 0, torch.randn(3)).ok
    x = torch.randn(3, dtype=torch.float64)
    assert not verify(lambda x: x * 0, lambda x: x * 1e-200, x).ok
    assert not verify(lambda x: x * 1e-200, lambda x: x * 0, x).ok


# Faults that have no error to measure


@pytest.mark.parametrize(
    ("spoil", "name", "problem"),
    [
        (lambda output, h_n: (output.transpose(0, 1), h_n), "output", "shape is (4, 6, 3)"),
        (lambda output, h_n: (output, h_n.squeeze(0)), "h_n", "shape is (4, 3)"),
        (lambda output, h_n: output, "h_n", "not in mine"),
        (lambda output, h_n: (output, h_n, h_n), "output[2]", "not in the reference"),
        (lambda output, h_n: (output / 0 * 0, h_n), "output", "NaN or infinity in mine"),
        (lambda output, h_n: (output, h_n / 0), "h_n", "NaN or infinity in mine"),
        (
            lambda output, h_n: (output.double(), h_n),
            "output",
            "dtype is torch.float64, not torch.float32",
        ),
        (
            lambda output, h_n: (output.detach(), h_n.detach()),
            "grad input",
            "no gradient in mine",
        ),
        (
            lambda output, h_n: (output.detach(), h_n.detach()),
            "grad weight_hh_l0",
            "no gradient in mine",
        ),
        (lambda output, h_n: (None, h_n), "output", "not in mine"),
        (lambda output, h_n: None, "output", "not in mine"),
    ],
)
def test_what_cannot_be_compared_is_a_row(spoil: Any, name: str, problem: str) -> None:
    report = verify(Altered(spoil, 5, 3), nn.RNN(5, 3))
    assert not report.ok
    assert row(report, name).problem == problem
    assert math.isnan(row(report, name).error)
    assert f"✗ {problem}" in str(report)


def test_a_nan_in_the_reference_agrees_with_nothing() -> None:
    report = verify(lambda x: x, lambda x: x, torch.tensor([1.0, math.nan]))
    assert row(report, "output").problem == "NaN or infinity in the reference"


def test_an_exception_of_mine_is_a_row_and_the_cause() -> None:
    report = verify(rnnlib.RNN(5, 4), nn.RNN(5, 3))
    assert [row.name for row in report.rows] == ["output"]
    assert "mine raised RuntimeError: Expected hidden size (1, 4, 4)" in str(report)
    with pytest.raises(AssertionError) as caught:
        report.raise_if_different()
    assert caught.value.__cause__ is report.exception

    def in_place(x: Tensor) -> Tensor:
        y = x.exp()
        y.mul_(2)
        return y

    report = verify(in_place, lambda x: 2 * x.exp(), torch.randn(3))
    assert "modified by an inplace operation" in str(report)


def test_other_weights_are_rows() -> None:
    report = verify(rnnlib.RNN(5, 3, bias=False), nn.RNN(5, 3))
    assert row(report, "grad bias_hh_l0").problem == "not in mine"
    report = verify(rnnlib.RNN(5, 3), nn.RNN(5, 3, bias=False))
    assert row(report, "grad bias_hh_l0").problem == "not in the reference"
    report = verify(nn.Linear(3, 2), nn.Linear(3, 4), torch.randn(5, 3))
    assert row(report, "grad weight").problem == "shape is (2, 3)"


def test_frozen_weights_have_no_row_if_frozen_on_both_sides() -> None:
    mine, reference = rnnlib.RNN(5, 3), nn.RNN(5, 3)
    for rnn in mine, reference:
        rnn.bias_hh_l0.requires_grad_(False)
    assert [row.name for row in verify(mine, reference).rows] == NAMES[:-1]
    mine.bias_ih_l0.requires_grad_(False)
    assert wrong_names(verify(mine, reference)) == ["grad bias_ih_l0"]


def test_a_reference_of_no_tensors_is_refused() -> None:
    with pytest.raises(ValueError, match="must return tensors"):
        verify(lambda x: None, lambda x: None, torch.randn(3))


def test_inputs_must_be_given_where_they_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match=r"torch\.nn\.Linear.*verify\(mine, reference, x\)"):
        verify(nn.Linear(2, 3), nn.Linear(2, 3))


# What it may be called with


def test_weights_are_copied_only_if_asked() -> None:
    assert not verify(rnnlib.RNN(5, 3), nn.RNN(5, 3), copy_weights=False).ok
    mine, reference = rnnlib.RNN(5, 3), nn.RNN(5, 3)
    mine.load_state_dict(reference.state_dict())
    assert verify(mine, reference, copy_weights=False).ok


def test_nothing_is_changed() -> None:
    mine, reference = rnnlib.RNN(5, 3), nn.RNN(5, 3)
    x = torch.randn(6, 4, 5, requires_grad=True)
    before = [p.clone() for p in (*mine.parameters(), *reference.parameters(), x)]
    random = torch.get_rng_state()
    with torch.no_grad():  # and the caller's mode does not matter
        report = verify(mine, reference, x)
    assert [row.name for row in report.rows] == [name for name in NAMES if name != "grad h_0"]
    after = [*mine.parameters(), *reference.parameters(), x]
    assert all(torch.equal(a, b) for a, b in zip(after, before, strict=True))
    assert all(tensor.grad is None for tensor in after)
    assert torch.equal(torch.get_rng_state(), random)


@pytest.mark.parametrize("copy_weights", [True, False])
def test_buffers_are_not_changed_either(copy_weights: bool) -> None:
    mine, reference = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    verify(mine, reference, torch.randn(5, 3), copy_weights=copy_weights).raise_if_different()
    for module in mine, reference:
        assert module.num_batches_tracked == 0
        assert torch.equal(module.running_mean, torch.zeros(3))


def test_a_float32_layer_is_judged_by_a_float64_reference() -> None:
    report = verify(rnnlib.RNN(5, 3), nn.RNN(5, 3, dtype=torch.float64))
    assert report.ok
    assert {row.rtol for row in report.rows} == {1e-5}
    assert 0 < row(report, "output").error < 1e-6


def test_packed_sequences_and_nested_states() -> None:
    packed = pack_sequence([torch.randn(n, 5) for n in (2, 4, 1)], enforce_sorted=False)
    report = verify(rnnlib.RNN(5, 3), nn.RNN(5, 3), packed)
    assert report.ok
    assert row(report, "output.data").shape == (7, 3)
    assert row(report, "grad input.data").shape == (7, 5)

    lstm, x, state = nn.LSTM(5, 3), torch.randn(6, 4, 5), torch.randn(1, 4, 3)
    report = verify(nn.LSTM(5, 3), lstm, x, (state, state))
    assert report.ok
    names = [row.name for row in report.rows]
    assert names[:3] == ["output", "h_n[0]", "h_n[1]"]
    assert {"grad h_0[0]", "grad h_0[1]"} < set(names)

    def wrong_cell_state(x: Tensor, state: tuple[Tensor, Tensor]) -> Any:
        output, (h, c) = lstm(x, state)
        return output, (h, c + 1)

    assert "h_n[1]" in wrong_names(verify(wrong_cell_state, lstm, x, (state, state)))


def test_functions_and_whole_numbers() -> None:
    report = verify(torch.tanh, lambda x: x.sinh() / x.cosh(), torch.randn(5))
    assert report.ok
    assert report.title == "tanh against <lambda>"
    x = torch.arange(5)
    assert verify(lambda x: x + 1, lambda x: 1 + x, x).ok
    assert wrong_names(verify(lambda x: x + 1, lambda x: x + 2, x)) == ["output"]
    assert verify(lambda x: x.add_(1), lambda x: x + 1, x).ok  # each gets its own copy
    assert torch.equal(x, torch.arange(5))
    assert verify(lambda x: x, lambda x: x, torch.empty(0, 3)).ok


def test_a_function_is_judged_without_the_weights_of_the_reference() -> None:
    reference = nn.RNN(5, 3)
    weights = [w.detach() for w in reference.all_weights[0]]

    def by_hand(x: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
        output, h = BACKENDS["loop"](rnnlib.rnn_step, x, h_0[0], weights)
        return output, h[None]

    report = verify(by_hand, reference)
    assert report.ok
    assert [row.name for row in report.rows] == NAMES[:4]


@pytest.mark.parametrize("training", [True, False])
def test_the_seed_decides_and_nothing_else(training: bool) -> None:
    options = {"num_layers": 2, "dropout": 0.5}
    mine, reference = (kind(5, 3, **options).train(training) for kind in (rnnlib.RNN, nn.RNN))
    reports = []
    for seed, elsewhere in (0, 1), (0, 2), (1, 1):
        torch.manual_seed(elsewhere)
        reports.append(verify(mine, reference, copy_weights=False, seed=seed))
    assert reports[0].rows == reports[1].rows
    assert reports[0].rows[0].error != reports[2].rows[0].error


# How it looks


def test_the_table_is_aligned() -> None:
    headline, blank, *table = str(verify(rnnlib.RNN(5, 3, bias=False), nn.RNN(5, 3))).splitlines()
    assert headline == (
        "rnnlib.RNN against torch.nn.RNN: ✗ 8 of 8 tensors differ: output, h_n, grad input, …"
    )
    assert blank == ""
    verdict = table[0].index("verdict")
    assert {line[verdict] for line in table[1:]} == {"✗"}
    assert {line[verdict - 2 : verdict] for line in table} == {"  "}
    assert table[1].startswith("output             (6, 4, 3)  ")
    assert table[1].endswith("  1e-05  ✗ differs")
    assert table[-1].endswith("  –      1e-05  ✗ not in mine")
    right = str(verify(rnnlib.RNN(5, 3), nn.RNN(5, 3)))
    assert right.splitlines()[0].endswith("✓ all 8 tensors agree")
    assert right.count("✓ equal") == 8


class Table(HTMLParser):
    """Reads a table: caption, headings by scope, cells; and every tag and attribute."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.path: list[tuple[str, dict[str, str | None]]] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: dict[str, list[str]] = {"caption": [], "col": [], "row": [], "td": []}
        self.feed(markup)
        assert not self.path, "a tag is left open"

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.path.append((tag, dict(attrs)))
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.path.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, attrs in self.path:
            kind = attrs.get("scope") if tag == "th" else tag
            if kind in self.texts:
                self.texts[kind].append(data)


def test_the_html_is_an_accessible_table_without_style_or_script() -> None:
    report = verify(lambda x: (x, x + 1), lambda x: (x, x), torch.randn(3))
    table = Table(report._repr_html_())
    assert table.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td", "strong"}
    assert table.attributes == {"class", "scope"}
    assert table.texts["caption"] == [f"{report.title}: {report.verdict}"]
    assert table.texts["col"] == list(report.HEADINGS)
    assert table.texts["row"] == ["output", "h_n", "grad input"]
    assert [text[0] for text in table.texts["td"][3::4]] == ["✓", "✗", "✓"]
    assert "<lambda>" in table.texts["caption"][0]  # escaped, or it would have been a tag

    def refuse(x: Tensor) -> Tensor:
        raise ValueError("1 < 2 <b>")

    table = Table(verify(refuse, lambda x: x, torch.randn(3))._repr_html_())
    assert table.texts["td"][3] == "✗ mine raised ValueError: 1 < 2 <b>"
    assert "b" not in table.tags
