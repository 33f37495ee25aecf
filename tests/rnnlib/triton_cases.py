"""The Triton backends against the loop in float64: what its kernels compute.

On a CPU, Triton's interpreter runs these in float32; it must be switched on before Triton is
imported, so ``test_triton.py`` starts a process of its own::

    TRITON_INTERPRET=1 python -m pytest tests/rnnlib/triton_cases.py

With a GPU, ``test_triton.py`` takes them in as they are, in each precision.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence

import rnnlib
from rnnlib.bench import precision_set

#: Device, dtype, precision of a float32 product, and the largest relative error. A product is
#: rounded to 24, 11 and 8 bits, and the error of a step is handed to the next one.
RUNS: list[tuple[str, torch.dtype, str, float]] = (
    [("cpu", torch.float32, "ieee", 1e-5)]
    if os.environ.get("TRITON_INTERPRET") == "1"
    else [
        ("cuda", torch.float32, "ieee", 1e-5),
        ("cuda", torch.float32, "tf32", 5e-3),
        ("cuda", torch.bfloat16, "ieee", 5e-2),
    ]
)
#: One program for each tile of the batch, or several that share it.
BACKENDS = ("triton", "group")
Run = tuple[str, str, torch.dtype, float]


@pytest.fixture(
    scope="module",
    params=[(name, *run) for name in BACKENDS for run in RUNS],
    ids=lambda run: "-".join(map(str, run[:4])),
)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Backend, device, dtype and largest error; the precision is set."""
    backend, device, dtype, precision, rtol = request.param
    with precision_set(precision):
        yield backend, device, dtype, rtol


def compare(run: Run, x: Any, *state: Tensor, **options: Any) -> None:
    """Hold the kernels to the loop in float64: outputs and every gradient."""
    backend, device, dtype, rtol = run
    torch.manual_seed(0)
    mine = rnnlib.RNN(**options, backend=backend, device=device, dtype=dtype)
    exact = rnnlib.RNN(**options, backend="loop", device="cpu").double()
    exact.load_state_dict(mine.state_dict())
    rnnlib.verify(mine, exact, x.to(dtype), *state, rtol=rtol).raise_if_different()


@pytest.mark.parametrize("packed", [False, True])
@settings(max_examples=8, deadline=None)
@given(
    data=st.data(),
    T=st.integers(1, 5),
    B=st.sampled_from([1, 2, 3, 16, 18]),  # a tile holds 16
    input_size=st.integers(1, 5),
    hidden_size=st.sampled_from([1, 3, 21, 64, 80]),  # a program of a group has 64
    nonlinearity=st.sampled_from(["tanh", "relu"]),
    bias=st.booleans(),
    bidirectional=st.booleans(),
)
def test_kernels_equal_loop(
    run: Run, packed: bool, data: st.DataObject, T: int, B: int, **options: Any
) -> None:
    torch.manual_seed(1)
    x: Any = torch.randn(T, B, options["input_size"])
    if packed:
        lengths = data.draw(st.lists(st.integers(1, T), min_size=B, max_size=B))
        x = pack_sequence([x[:n, b] for b, n in enumerate(lengths)], enforce_sorted=False)
    state = torch.randn(2 if options["bidirectional"] else 1, B, options["hidden_size"])
    compare(run, x, state.to(run[2]), **options)


def test_a_default_device_is_not_where_lengths_are_counted(run: Run) -> None:
    x = torch.randn(4, 2, 5)
    packed = pack_sequence(x[:, 0].split([3, 1]))
    with torch.device("meta"):
        for some in x, packed:
            compare(run, some, input_size=5, hidden_size=16, bidirectional=True)


def test_layers_on_top_of_each_other(run: Run) -> None:
    x = pack_sequence([torch.randn(n, 5) for n in (4, 7, 1)], enforce_sorted=False)
    compare(run, x, input_size=5, hidden_size=16, num_layers=3, bidirectional=True)


@pytest.mark.parametrize("what", ["output", "one step", "final", "second order"])
def test_whatever_the_loss_depends_on(run: Run, what: str) -> None:
    backend, device, dtype, rtol = run
    torch.manual_seed(0)
    mine = rnnlib.RNN(3, 16, backend=backend, device=device, dtype=dtype, bidirectional=True)
    exact = rnnlib.RNN(3, 16, backend="loop", bidirectional=True).double()
    exact.load_state_dict(mine.state_dict())
    data = torch.randn(11, 3).to(dtype)
    gradients = []
    for layer in mine, exact:
        x = data.to(layer.weight_ih_l0.detach(), copy=True).requires_grad_()
        output, final = layer(pack_sequence(x.split([5, 4, 2])))
        loss = {
            "output": output.data.sin().sum(),
            "one step": output.data[4].sin().sum(),
            "final": final.sin().sum(),
            "second order": torch.autograd.grad(output.data.sin().sum(), x, create_graph=True)[
                0
            ].norm(),
        }[what]
        loss.backward()
        gradients.append([x.grad, *(p.grad for p in layer.parameters())])
    for a, b in zip(*gradients, strict=True):
        bound = 10 * rtol * float(b.abs().max())
        torch.testing.assert_close(a.cpu().double(), b, rtol=0, atol=bound)


def test_nothing_is_kept_where_no_gradient_is_wanted(run: Run) -> None:
    backend, device, dtype, rtol = run
    layer = rnnlib.RNN(3, 16, backend=backend, device=device, dtype=dtype)
    x = torch.randn(5, 2, 3, device=device, dtype=dtype)
    with torch.no_grad():
        output, h_n = layer(x)
    assert not output.requires_grad
    assert torch.equal(h_n[0], output[-1])
    layer.backend = "loop"
    torch.testing.assert_close(output, layer(x)[0].detach(), rtol=rtol, atol=rtol)


def test_the_output_may_be_changed_in_place(run: Run) -> None:
    backend, device, dtype, _ = run
    layer = rnnlib.RNN(3, 16, backend=backend, device=device, dtype=dtype)
    x = torch.randn(5, 2, 3, device=device, dtype=dtype)
    gradients = []
    for change in (lambda y: 2 * y, lambda y: y.mul_(2)):
        layer.zero_grad()
        change(layer(x)[0]).sum().backward()
        gradients.append([p.grad for p in layer.parameters()])
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


def test_weights_that_do_not_lie_in_order(run: Run) -> None:
    backend, device, dtype, rtol = run
    layer = rnnlib.RNN(16, 16, backend=backend, device=device, dtype=dtype)
    layer.weight_hh_l0 = nn.Parameter(layer.weight_hh_l0.detach().T)
    x = torch.randn(5, 2, 16, device=device, dtype=dtype)
    output = layer(x)[0]
    layer.backend = "loop"
    torch.testing.assert_close(output, layer(x)[0], rtol=rtol, atol=rtol)


def test_a_sequence_that_explodes_is_alone_in_it(run: Run) -> None:
    """A NaN or an infinity stays in its own sequence, as in the loop, though a tile holds more."""
    backend, device, dtype, _ = run
    layer = rnnlib.RNN(16, 16, nonlinearity="relu", backend=backend, device=device, dtype=dtype)
    with torch.no_grad():
        layer.weight_hh_l0.copy_(1e20 * torch.eye(16))
        layer.weight_ih_l0.copy_(torch.eye(16))
        layer.bias_ih_l0.zero_()
        layer.bias_hh_l0.zero_()
    x = torch.zeros(4, 3, 16, device=device, dtype=dtype)
    x[0, 0] = 1
    x[0, 1, 0] = torch.nan
    found = layer(x)[0]
    layer.backend = "loop"
    torch.testing.assert_close(found, layer(x)[0], equal_nan=True)
    assert found[:, 2].isfinite().all()


if os.environ.get("TRITON_INTERPRET") == "1":
    from triton.runtime.interpreter import interpreter_builder

    class AtTheSameTime:
        """A kernel whose programs are processes that share memory: they can wait for one another.

        The interpreter takes one program after the other, and ``group`` gives it one step at a
        time. So it would not notice if programs that meet at every step missed one another.
        """

        def __init__(self, kernel: Any) -> None:
            self.kernel = kernel

        def __getitem__(self, grid: tuple[int, int]) -> Any:
            return partial(self.launch, (*grid, 1))

        def launch(self, grid: tuple[int, int, int], *given: Any, **options: Any) -> None:
            shared = [t.clone().share_memory_() if isinstance(t, Tensor) else t for t in given]
            processes = []
            for place in itertools.product(*map(range, grid)):
                processes.append(os.fork())
                if processes[-1] == 0:
                    signal.alarm(60)  # of programs that wait for ever, the first ends it
                    interpreter_builder.set_grid_dim = lambda *_: None
                    interpreter_builder.set_grid_idx = lambda *_: None
                    interpreter_builder.grid_dim, interpreter_builder.grid_idx = grid, place
                    try:
                        self.kernel[1,](*shared, **options)
                    finally:
                        os._exit(sys.exc_info()[0] is not None)
            assert [os.waitpid(process, 0)[1] for process in processes] == [0] * len(processes)
            for mine, theirs in zip(given, shared, strict=True):
                if isinstance(mine, Tensor):
                    mine.copy_(theirs)

    @pytest.mark.parametrize("packed", [False, True])
    def test_programs_of_a_group_meet(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
        from rnnlib.backends import fused, group_kernels

        for name in "forward", "backward":
            kernel = AtTheSameTime(getattr(group_kernels, name))
            monkeypatch.setattr(group_kernels, name, kernel)
        monkeypatch.setattr(fused, "room", lambda device, programs, T: (2, T))
        torch.manual_seed(1)
        x: Any = torch.randn(7, 10, 3)  # three tiles of 4 sequences: two at once, then one
        if packed:
            lengths = [7, 7, 6, 5, 5, 3, 2, 2, 1, 1]
            x = pack_sequence([x[:n, b] for b, n in enumerate(lengths)])
        run = ("group", *RUNS[0][:2], RUNS[0][3])
        compare(run, x, input_size=3, hidden_size=144, bidirectional=True)  # three programs
