"""The seam between layers and backends: reversal, packing, and the registry."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence

import rnnlib
from rnnlib.backends import BACKENDS
from rnnlib.backends.loop import loop
from rnnlib.recurrence import recur, reversed_rows

LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=6)


@given(lengths=LENGTHS)
def test_reversed_rows_turn_each_sequence_round(lengths: list[int]) -> None:
    sequences = [torch.arange(n) + 100 * i for i, n in enumerate(lengths)]
    packed = pack_sequence(sequences, enforce_sorted=False)
    turned = pack_sequence([s.flip(0) for s in sequences], enforce_sorted=False)
    rows = reversed_rows(packed.batch_sizes)
    assert torch.equal(packed.data[rows], turned.data)
    assert torch.equal(rows[rows], torch.arange(sum(lengths)))


@given(lengths=LENGTHS, reverse=st.booleans())
def test_packed_sequences_run_as_if_each_were_alone(lengths: list[int], reverse: bool) -> None:
    torch.manual_seed(0)
    lengths = sorted(lengths, reverse=True)
    sequences = [torch.randn(n, 3, dtype=torch.float64) for n in lengths]
    h_0 = torch.randn(len(lengths), 4, dtype=torch.float64)
    weights = [torch.randn(4, n, dtype=torch.float64) for n in (3, 4)]

    packed = pack_sequence(sequences)
    output, h_n = recur(
        rnnlib.rnn_step,
        packed.data,
        h_0,
        weights,
        batch_sizes=packed.batch_sizes,
        reverse=reverse,
    )
    alone = [
        recur(rnnlib.rnn_step, x[:, None], h[None], weights, reverse=reverse)
        for x, h in zip(sequences, h_0, strict=True)
    ]
    expected = pack_sequence([output[:, 0] for output, _ in alone])
    torch.testing.assert_close(output, expected.data, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(h_n, torch.cat([h for _, h in alone]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_state_after_the_last_step_read_is_h_n(reverse: bool) -> None:
    x, h_0 = torch.randn(5, 2, 3), torch.randn(2, 4)
    weights = torch.randn(4, 3), torch.randn(4, 4)
    output, h_n = recur(rnnlib.rnn_step, x, h_0, weights, reverse=reverse)
    assert torch.equal(h_n, output[0 if reverse else -1])
    first = rnnlib.rnn_step(x[-1 if reverse else 0], h_0, *weights)
    assert torch.equal(output[-1 if reverse else 0], first)


def test_loop_runs_any_step() -> None:
    def running_sum(x_t: Tensor, h: Tensor, scale: Tensor) -> Tensor:
        return h + scale * x_t

    x = torch.arange(6.0).view(3, 2, 1)
    output, h_n = loop(running_sum, x, torch.ones(2, 1), [torch.tensor(10.0)])
    assert output.flatten(1).tolist() == [[1, 11], [21, 41], [61, 91]]
    assert h_n.flatten().tolist() == [61, 91]


def test_a_backend_is_one_function_and_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[torch.Size, torch.Size, int]] = []

    def counting(
        step: object, x: Tensor, h_0: Tensor, weights: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        calls.append((x.shape, h_0.shape, len(weights)))
        return loop(step, x, h_0, weights)  # type: ignore[arg-type]

    monkeypatch.setitem(BACKENDS, "counting", counting)
    rnn = rnnlib.RNN(3, 4, 2, bidirectional=True, backend="counting")
    rnn(torch.randn(5, 2, 3))
    assert calls == [((5, 2, n), (2, 4), 4) for n in (3, 3, 8, 8)]
    # Packed: one dense block a run of steps with equally many sequences, never an empty one.
    calls.clear()
    rnnlib.RNN(3, 4, bias=False, backend="counting")(
        pack_sequence([torch.randn(n, 3) for n in (4, 4, 1)])
    )
    assert calls == [((1, 3, 3), (3, 4), 2), ((3, 2, 3), (2, 4), 2)]
