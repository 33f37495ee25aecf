"""Does my layer compute what the reference computes? One call, one table."""

from __future__ import annotations

import copy
import html
import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from .cells import LSTMCell
from .layers import LSTM

#: The largest relative error that counts as equal: the dtype's rounding, added up over the steps
#: and sums of a sequence of some hundred steps, with room to spare.
DEFAULT_RTOL = {
    torch.float64: 1e-12,
    torch.float32: 1e-5,
    torch.float16: 1e-2,
    torch.bfloat16: 5e-2,
}

INPUT_NAMES = ("input", "h_0")
OUTPUT_NAMES = ("output", "h_n")


@dataclass(frozen=True)
class Row:
    """One compared tensor.

    Attributes
    ----------
    name : str
        ``output``, ``h_n``, or ``grad`` and what the gradient is taken with respect to.
    shape : tuple of int
        The reference's shape.
    error : float
        max|mine - reference| / max|reference|; NaN if the two cannot be compared.
    rtol : float
        The largest error that counts as equal.
    problem : str
        Why they cannot be compared, or nothing.
    """

    name: str
    shape: tuple[int, ...]
    error: float
    rtol: float
    problem: str = ""

    @property
    def ok(self) -> bool:
        return self.error <= self.rtol  # False for NaN

    @property
    def texts(self) -> tuple[str, ...]:
        """The row as the table shows it: name, shape, error, tolerance, verdict."""
        error = "–" if math.isnan(self.error) else f"{self.error:.1e}"
        verdict = "✓ equal" if self.ok else f"✗ {self.problem or 'differs'}"
        return self.name, str(self.shape), error, f"{self.rtol:.0e}", verdict


@dataclass(frozen=True)
class Report:
    """What :func:`verify` found; prints as a table, and shows as one in a notebook.

    Attributes
    ----------
    title : str
        Which two were compared.
    rows : list of Row
        One row a tensor: outputs first, then gradients.
    exception : Exception or None
        What mine raised, if it did.
    """

    title: str
    rows: list[Row]
    exception: Exception | None = None

    HEADINGS = ("tensor", "shape", "largest relative error", "tolerance", "verdict")

    @property
    def ok(self) -> bool:
        """Whether every tensor is equal within its tolerance."""
        return all(row.ok for row in self.rows)

    @property
    def verdict(self) -> str:
        """The table in one line."""
        wrong = [row.name for row in self.rows if not row.ok]
        if not wrong:
            return f"✓ all {len(self.rows)} tensors agree"
        names = ", ".join(wrong[:3]) + (", …" if len(wrong) > 3 else "")
        return f"✗ {len(wrong)} of {len(self.rows)} tensors differ: {names}"

    def raise_if_different(self) -> None:
        """Pass if everything is equal; otherwise raise an AssertionError that holds the table."""
        if not self.ok:
            raise AssertionError(str(self)) from self.exception

    def __str__(self) -> str:
        table = [self.HEADINGS, *(row.texts for row in self.rows)]
        name, shape, error, rtol, _ = (max(map(len, column)) for column in zip(*table, strict=True))
        lines = [
            f"{a:<{name}}  {b:<{shape}}  {c:>{error}}  {d:>{rtol}}  {e}" for a, b, c, d, e in table
        ]
        return "\n".join([f"{self.title}: {self.verdict}", "", *lines])

    def _repr_html_(self) -> str:
        # Bare markup, no colours: the page or the notebook styles it, light or dark.
        head = "".join(f'<th scope="col">{heading}</th>' for heading in self.HEADINGS)
        body = []
        for row in self.rows:
            name, *values = map(html.escape, row.texts)
            if not row.ok:
                values[-1] = f"<strong>{values[-1]}</strong>"
            cells = "".join(f"<td>{value}</td>" for value in values)
            body.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
        return "\n".join(
            [
                '<table class="table rnnlib-report">',
                f"<caption>{html.escape(f'{self.title}: {self.verdict}')}</caption>",
                f"<thead><tr>{head}</tr></thead>",
                f"<tbody>{''.join(body)}</tbody>",
                "</table>",
            ]
        )


def verify(
    mine: Callable[..., Any],
    reference: Callable[..., Any],
    *inputs: Any,
    rtol: float | None = None,
    copy_weights: bool = True,
    seed: int = 0,
) -> Report:
    """Compare outputs and every gradient of two modules, or functions, on the same inputs.

    Neither module is changed: the weights are copied into a copy of mine, what has buffers runs as
    a copy, and no ``.grad`` is written. Each runs in the mode it is in, train or eval, from the
    same random state.

    Parameters
    ----------
    mine, reference : Module or callable
        What to judge, and what to judge it by.
    *inputs : Tensor, PackedSequence, or tuples of these
        What both are called with, moved to each module's device and precision. If none are given,
        an input of 6 steps and 4 sequences and an initial state are drawn for the reference's
        sizes, if it is a recurrent layer or cell.
    rtol : float, optional
        The largest relative error that counts as equal. By default it follows the coarser of the
        two precisions: 1e-12 for float64, 1e-5 for float32, 1e-2 for float16, 5e-2 for bfloat16.
    copy_weights : bool
        Give mine the reference's weights first, matched by name.
    seed : int
        For the drawn inputs, for dropout, and for the weights of the sum that is differentiated.

    Returns
    -------
    Report
        ``print`` it; ``report.ok`` is the verdict, ``report.raise_if_different()`` a test. What
        mine does wrong, be it a shape, a NaN, a gradient that is not there or an exception, is a
        row of the report.

    Raises
    ------
    ValueError
        If there are no inputs and none can be drawn, or the reference returns no tensor.

    Notes
    -----
    The error of a tensor is max|mine - reference| / max|reference|, computed in float64. The
    divisor is never below the dtype's smallest normal number, so that two tensors of zeros are
    equal. A NaN or an infinity, on either side, is never equal to anything.

    The gradients are those of the sum of all outputs, each number weighted by a random number of
    its own: a plain sum would not notice outputs in the wrong order. They are taken with respect
    to every input and initial state and, if both are modules, every parameter.

    Examples
    --------
    >>> verify(rnnlib.RNN(5, 3), torch.nn.RNN(5, 3)).ok
    True
    """
    title = f"{_name_of(mine)} against {_name_of(reference)}"
    inputs = inputs or _draw_inputs(reference, seed)
    dtypes = {_dtype_of(mine, inputs), _dtype_of(reference, inputs)}
    if rtol is None:
        rtol = max(DEFAULT_RTOL[dtype] for dtype in dtypes)
    floor = max(torch.finfo(dtype).tiny for dtype in dtypes)

    modules = isinstance(mine, nn.Module) and isinstance(reference, nn.Module)
    reference = _unshared(reference)
    copied = modules and copy_weights
    mine = _with_weights_of(reference, mine) if copied else _unshared(mine)
    expected = _outputs_and_gradients(reference, inputs, seed, parameters=modules)
    if all(name.startswith("grad ") for name in expected):
        raise ValueError(f"{title}: the reference must return tensors, but returns none.")
    try:
        found = _outputs_and_gradients(mine, inputs, seed, parameters=modules)
    except Exception as exception:
        name, tensor = next(iter(expected.items()))
        problem = f"mine raised {type(exception).__name__}: {exception}"
        return Report(title, [Row(name, _shape(tensor), math.nan, rtol, problem)], exception)

    rows = []
    for name in expected | found:
        a, b = found.get(name), expected.get(name)
        if a is None and b is None:  # no gradient on either side
            continue
        if a is not None and b is not None:
            error, problem = _compare(a, b, floor, same_dtype=len(dtypes) == 1)
        else:
            whose, results = ("mine", found) if a is None else ("the reference", expected)
            error = math.nan
            problem = f"no gradient in {whose}" if name in results else f"not in {whose}"
        rows.append(Row(name, _shape(a if b is None else b), error, rtol, problem))
    return Report(title, rows)


def _compare(a: Tensor, b: Tensor, floor: float, same_dtype: bool) -> tuple[float, str]:
    """Measure the error of mine, a, against the reference, b; or NaN and why there is none."""
    if a.shape != b.shape:
        return math.nan, f"shape is {tuple(a.shape)}"
    if same_dtype and a.dtype != b.dtype:
        return math.nan, f"dtype is {a.dtype}, not {b.dtype}"
    a, b = (tensor.detach().cpu().double() for tensor in (a, b))
    for whose, tensor in ("the reference", b), ("mine", a):
        if not tensor.isfinite().all():
            return math.nan, f"NaN or infinity in {whose}"
    if b.numel() == 0:
        return 0.0, ""
    return float((a - b).abs().max() / b.abs().max().clamp(min=floor)), ""


def _outputs_and_gradients(
    f: Any, inputs: tuple[Any, ...], seed: int, parameters: bool
) -> dict[str, Tensor | None]:
    """Run f, and name all that is to be compared: its outputs, and the gradients of their sum."""
    inputs = tuple(_as_leaf(value, f) for value in inputs)
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(seed)  # the same dropout on both sides
        outputs = _named_tensors(f(*inputs), OUTPUT_NAMES)
        generator = torch.Generator().manual_seed(seed + 1)
        weighted = [(y, _draw(y.shape, generator).to(y)) for y in outputs.values()]
        sums = [(y * weights).sum() for y, weights in weighted if y.requires_grad]

    leaves = _named_tensors(inputs, INPUT_NAMES)
    if parameters:
        leaves |= dict(f.named_parameters())
    leaves = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
    gradients: tuple[Tensor | None, ...] = (None,) * len(leaves)
    if sums and leaves:
        gradients = torch.autograd.grad(sums, list(leaves.values()), allow_unused=True)
    return outputs | {f"grad {name}": g for name, g in zip(leaves, gradients, strict=True)}


def _named_tensors(value: Any, names: tuple[str, ...]) -> dict[str, Tensor]:
    """Name the tensors of inputs or outputs: by their place, and beyond the names by number."""
    alone = isinstance(value, PackedSequence) or not isinstance(value, tuple | list)
    parts = (value,) if alone else value
    numbered = (f"{names[0]}[{i}]" for i in range(len(names), len(parts)))
    return dict(chain.from_iterable(map(_tensors_in, chain(names, numbered), parts)))


def _tensors_in(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """Walk through a tensor, a PackedSequence, or a tuple or list of these."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, PackedSequence):
        for field, part in value._asdict().items():
            yield from _tensors_in(f"{name}.{field}", part)
    elif isinstance(value, tuple | list):
        for i, part in enumerate(value):
            yield from _tensors_in(f"{name}[{i}]", part)


def _as_leaf(value: Any, f: Callable[..., Any]) -> Any:
    """Copy an input to f's device and precision, as a tensor that gathers a gradient."""
    if isinstance(value, tuple | list) and not isinstance(value, PackedSequence):
        return tuple(_as_leaf(part, f) for part in value)
    if not isinstance(value, Tensor | PackedSequence):
        return value
    copied: Any = value  # a tensor or a packed one: both have .to() and .data
    if (weight := next(_weights_of(f), None)) is not None:
        copied = copied.to(weight.device)
        copied = copied.to(weight.dtype) if copied.data.is_floating_point() else copied
    data = copied.data.detach().clone()
    data.requires_grad_(data.is_floating_point())
    return copied._replace(data=data) if isinstance(value, PackedSequence) else data


def _unshared(f: Any) -> Any:
    """Copy a module that may write into itself: into buffers, such as batch norm's mean."""
    has_buffers = isinstance(f, nn.Module) and any(True for _ in f.buffers())
    return copy.deepcopy(f) if has_buffers else f


def _with_weights_of(reference: Any, mine: Any) -> Any:
    """Copy mine, and put in the copy all of the reference's weights whose name and shape fit."""
    mine = copy.deepcopy(mine)
    weights = reference.state_dict()
    for name, tensor in mine.state_dict().items():  # these share memory with the parameters
        if name in weights and weights[name].shape == tensor.shape:
            tensor.copy_(weights[name])
    return mine


def _draw_inputs(reference: Any, seed: int) -> tuple[Tensor, Any]:
    """Draw an input and an initial state for a recurrent layer or cell."""
    if not (hasattr(reference, "input_size") and hasattr(reference, "hidden_size")):
        raise ValueError(
            f"verify cannot draw inputs for {_name_of(reference)}, which has no input_size and "
            "hidden_size. Give the inputs: verify(mine, reference, x)."
        )
    T, B, H = 6, 4, reference.hidden_size
    x_shape: tuple[int, ...] = (B, reference.input_size)
    batch: tuple[int, ...] = (B,)
    if hasattr(reference, "num_layers"):  # a layer, not a cell
        x_shape = (B, T, *x_shape[1:]) if reference.batch_first else (T, *x_shape)
        batch = (reference.num_layers * (2 if reference.bidirectional else 1), B)
    generator = torch.Generator().manual_seed(seed)
    dtype = _dtype_of(reference, ())
    x, h, c = (
        _draw(shape, generator).to(dtype)
        for shape in (x_shape, (*batch, getattr(reference, "proj_size", 0) or H), (*batch, H))
    )
    has_cell_state = isinstance(reference, nn.LSTM | nn.LSTMCell | LSTM | LSTMCell)
    return x, (h, c) if has_cell_state else h


def _draw(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    # Of the same device as the generator, whatever the default device is.
    return torch.randn(shape, generator=generator, dtype=torch.float64, device="cpu")


def _weights_of(f: Callable[..., Any]) -> Iterator[Tensor]:
    return f.parameters() if isinstance(f, nn.Module) else iter(())


def _dtype_of(f: Callable[..., Any], inputs: tuple[Any, ...]) -> torch.dtype:
    """Find the precision f computes in: that of its weights, or else of its inputs."""
    tensors = chain(_weights_of(f), _named_tensors(inputs, INPUT_NAMES).values())
    return next((t.dtype for t in tensors if t.is_floating_point()), torch.float64)


def _shape(tensor: Tensor | None) -> tuple[int, ...]:
    return () if tensor is None else tuple(tensor.shape)


def _name_of(f: Any) -> str:
    """Name a module or function as its user would: torch.nn.RNN, rnnlib.RNN, MyRNN."""
    if inspect.isroutine(f):
        return f.__name__
    kind = type(f)
    package = "torch.nn" if kind.__module__.startswith("torch.nn.") else kind.__module__
    if package.startswith("rnnlib."):
        package = "rnnlib"
    return kind.__name__ if package in ("__main__", "builtins") else f"{package}.{kind.__name__}"
