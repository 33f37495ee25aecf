"""The explorer of gates: what it shows is what the cell computes, with or without a kernel."""

from __future__ import annotations

import gzip
import re

import pytest
import torch
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import rnnlib
from rnnlib import explore
from rnnlib.explore._gates import gate_trace


def example(T: int = 5, I: int = 2, H: int = 3) -> tuple[nn.LSTMCell, Tensor, tuple[Tensor, ...]]:
    torch.manual_seed(0)
    return nn.LSTMCell(I, H), torch.randn(T, I), (torch.randn(H), torch.randn(H))


def seen(markup: str, t: int) -> str:
    """The text that is seen at step t: the rule of explorer.js."""
    page = BeautifulSoup(markup, "html.parser")
    for element in page.select("[data-in]"):
        if str(t) not in str(element["data-in"]).split():
            element.decompose()
    return page.get_text(" ").replace("−", "-")


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"(?<![\d.])[+-]?\d\.\d\d(?!\d)", text)]


@settings(deadline=None, max_examples=30)
@given(
    T=st.integers(1, 5),
    I=st.integers(1, 3),
    H=st.integers(1, 4),
    bias=st.booleans(),
    kind=st.sampled_from([nn.LSTMCell, rnnlib.LSTMCell]),
)
def test_gates_make_the_states_that_the_cell_gives(
    T: int, I: int, H: int, bias: bool, kind: type[nn.Module]
) -> None:
    cell = kind(I, H, bias=bias).double()
    x, h, c = (torch.randn(n, m, dtype=torch.float64) for n, m in ((T, I), (1, H), (1, H)))
    trace = gate_trace(cell, x, (h[0], c[0]))
    torch.testing.assert_close(trace.c[1:], trace.f * trace.c[:-1] + trace.i * trace.g)
    torch.testing.assert_close(trace.h[1:], trace.o * trace.c[1:].tanh())
    state = h[0], c[0]
    for x_t, h_t, c_t in zip(x, trace.h[1:], trace.c[1:], strict=True):
        state = cell(x_t, state)
        torch.testing.assert_close((h_t, c_t), state)


def test_page_shows_the_numbers_of_each_step() -> None:
    cell, x, state = example()
    explorer = explore.gates(cell, x, state)
    page = BeautifulSoup(explorer.html(), "html.parser")
    page.details.decompose()  # the table of all steps
    trace = gate_trace(cell, x, state)
    for t in range(1, 6):
        found = numbers(seen(str(page), t))
        columns = (trace.f, trace.i, trace.g, trace.o, trace.h[1:], trace.c[1:], trace.c[:-1])
        for values in columns:
            assert all(round(value, 2) in found for value in values[t - 1].tolist())


def test_table_holds_all_steps_in_order() -> None:
    cell, x, state = example()
    explorer = explore.gates(cell, x, state, step_names=range(1990, 1995))
    rows = BeautifulSoup(explorer.html(), "html.parser").select("tbody tr")
    trace = gate_trace(cell, x, state)
    assert [row.th.text for row in rows] == ["1990", "1991", "1992", "1993", "1994"]
    for t, row in enumerate(rows):
        after = t + 1  # h and c start with the state before the first step
        parts = (trace.x[t], trace.f[t], trace.i[t], trace.g[t], trace.c[after], trace.o[t])
        expected = torch.cat((*parts, trace.h[after]))
        found = torch.tensor(numbers(row.get_text(" ").replace("−", "-")[4:]))
        torch.testing.assert_close(found, expected, atol=0.00501, rtol=0)


def test_live_view_shows_the_chosen_step_and_no_other() -> None:
    cell, x, state = example()
    explorer = explore.gates(cell, x, state, step_names="abcde")
    slider, view = explorer.widget.children
    slider.value = 4
    words = BeautifulSoup(view.value, "html.parser").p.text
    assert words.startswith("d: ")
    assert words == BeautifulSoup(explorer._view({"4": 4}, "4"), "html.parser").p.text
    assert "e: " not in view.value


def test_initial_state_is_zero_unless_given() -> None:
    cell, x, _ = example()
    trace = explore.gates(cell, x).seen
    assert not torch.stack([trace.h[0], trace.c[0]]).any()


def test_names_cannot_break_the_page() -> None:
    cell, x, _ = example()
    html = explore.gates(cell, x, feature_names=["<b>", "&"], step_names=["<i>"] * 5).html()
    page = BeautifulSoup(html, "html.parser")
    assert not page.select("b, i")
    assert "<b>" in page.get_text()


def test_largest_explorer_is_light() -> None:
    torch.manual_seed(0)
    html = explore.gates(nn.LSTMCell(8, 8), torch.randn(60, 8)).html()
    assert len(gzip.compress(html.encode())) < 250_000
    torch.manual_seed(0)
    html = explore.gates(nn.LSTMCell(1, 4), torch.randn(24, 1)).html()
    assert len(html) < 250_000


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda x: explore.gates(nn.GRUCell(2, 3), x), TypeError, "LSTM cell"),
        (lambda x: explore.gates(nn.Linear(2, 3), x), TypeError, "Linear"),
        (lambda x: explore.gates(nn.LSTMCell(3, 3), x), ValueError, r"\(T, 3\)"),
        (lambda x: explore.gates(nn.LSTMCell(2, 3), x[:0]), ValueError, r"\(0, 2\)"),
        (lambda x: explore.gates(nn.LSTMCell(2, 9), x), ValueError, "at most 8 units"),
        (lambda x: explore.gates(nn.LSTMCell(2, 3), x.repeat(20, 1)), ValueError, "60 steps"),
        (lambda x: explore.gates(nn.LSTMCell(2, 3), x, (x[0], x[0])), ValueError, r"\(3,\)"),
        (lambda x: explore.gates(nn.LSTMCell(2, 3), x / 0), ValueError, "NaN"),
        (lambda x: explore.gates(nn.LSTMCell(2, 3), x, None, ["a"]), ValueError, "feature_names"),
        (lambda x: explore.gates(nn.LSTMCell(2, 3), x, None, None, "ab"), ValueError, "step_names"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, kind, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(kind, match=text):
        make(torch.ones(5, 2))
