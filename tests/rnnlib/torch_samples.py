"""Run PyTorch's own samples of its recurrent modules through ours; print how many there were.

A script, not a test: importing PyTorch's test package loads another Hypothesis profile and
freezes ``torch.backends``, so it gets a process of its own (see test_torch_samples.py).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.testing._internal.common_modules import ModuleErrorEnum, module_db

import rnnlib

INFOS = {info.module_cls: info for info in module_db}
LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = [nn.RNNCell, nn.LSTMCell, nn.GRUCell]
PAIRS = {kind: getattr(rnnlib, kind.__name__) for kind in LAYERS + CELLS}
DTYPES = [torch.float64, torch.float32, torch.bfloat16]


def samples(kind: type, dtype: torch.dtype, **options: Any) -> list[Any]:
    make = INFOS[kind].module_inputs_func
    if kind in LAYERS:
        make = partial(make, with_packed_sequence=True)
    return make(INFOS[kind], device="cpu", dtype=dtype, requires_grad=True, **options)


def batched(inputs: tuple[Any, ...], batch_first: bool) -> Iterator[Any]:
    """A batch of two made of one sequence; the state's batch is always its next to last axis."""

    def twin(x: Any, axis: int) -> Any:
        if isinstance(x, tuple):
            return tuple(twin(part, axis) for part in x)
        return torch.stack([x.detach(), -x.detach()], axis)

    for i, x in enumerate(inputs):
        yield twin(x, 0 if batch_first and i == 0 else -2)


def compare(mine: nn.Module, reference: nn.Module, *inputs: Any) -> None:
    """Ours agrees with PyTorch's; in bfloat16 a tensor may be nearer to the exact one instead.

    There PyTorch adds up the gradient of a weight over the steps, and each sum is rounded.
    """
    report = rnnlib.verify(mine, reference, *inputs)
    if report.ok or next(mine.parameters()).dtype != torch.bfloat16:
        return report.raise_if_different()
    exact = copy.deepcopy(reference).double()
    ours, theirs = (rnnlib.verify(module, exact, *inputs) for module in (mine, reference))
    for row, a, b in zip(report.rows, ours.rows, theirs.rows, strict=True):
        assert row.ok or a.error <= b.error, f"{report}\n\n{ours}\n\n{theirs}"


def check_samples(kind: type, dtype: torch.dtype, training: bool) -> int:
    found = samples(kind, dtype, training=training)
    for sample in found:
        args, options = sample.constructor_input.args, sample.constructor_input.kwargs
        mine = PAIRS[kind](*args, **options, dtype=dtype).train(training)
        reference = kind(*args, **options, dtype=dtype).train(training)
        inputs = sample.forward_input.args
        compare(mine, reference, *inputs)
        if isinstance(inputs[0], Tensor):  # not packed: unbatched, and compared with a batch of one
            alone, expected = mine(*inputs), sample.reference_fn(mine, *inputs)
            torch.testing.assert_close(alone, expected)
            twins = batched(inputs, options.get("batch_first", False))
            compare(mine, reference, *twins)
    return len(found)


def check_error_samples(kind: type) -> int:
    make = INFOS[kind].module_error_inputs_func
    found = make(INFOS[kind], device="cpu", dtype=torch.float32, requires_grad=False, training=True)
    for error in found:
        sample = error.module_error_input
        constructor, forward = sample.constructor_input, sample.forward_input
        expected = pytest.raises(error.error_type, match=error.error_regex)
        if error.error_on is ModuleErrorEnum.CONSTRUCTION_ERROR:
            with expected:
                PAIRS[kind](*constructor.args, **constructor.kwargs)
        else:
            module = PAIRS[kind](*constructor.args, **constructor.kwargs)
            with expected:
                module(*forward.args, **forward.kwargs)
    return len(found)


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    counts = {}
    for kind in PAIRS:
        for dtype in DTYPES:
            counts[f"{kind.__name__} {dtype}"] = sum(
                check_samples(kind, dtype, training) for training in (True, False)
            )
        counts[f"{kind.__name__} errors"] = check_error_samples(kind)
    print(json.dumps(counts))
