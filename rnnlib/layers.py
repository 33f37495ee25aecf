"""The recurrent layers: a cell over time, in every layer and direction.

Letters for sizes: T steps, B sequences in the batch, I = input_size, H = hidden_size,
L = num_layers, D = 2 directions if bidirectional, else 1. P = proj_size is what takes H's place in
the output and in h of an LSTM that projects.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from .backends import check_name, choose
from .cells import NONLINEARITIES, State, each, gru_step, lstm_step, rnn_step
from .recurrence import recur


class RNNBase(nn.Module):
    """What the three layers share: all but the equation of their cell."""

    num_gates: int
    weight_ih_l0: nn.Parameter

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        device: torch.device | str | int | None,
        dtype: torch.dtype | None,
        backend: str,
        proj_size: int = 0,
    ) -> None:
        super().__init__()
        check_name(backend)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.backend = backend
        self._check_options(dropout)

        self._weight_names: list[list[str]] = []  # one list a layer and direction
        rows, shown = self.num_gates * hidden_size, proj_size or hidden_size
        for layer in range(num_layers):
            features = input_size if layer == 0 else self.num_directions * shown
            for suffix in ["", "_reverse"][: self.num_directions]:
                shapes: dict[str, tuple[int, ...]] = {
                    f"weight_ih_l{layer}{suffix}": (rows, features),
                    f"weight_hh_l{layer}{suffix}": (rows, shown),
                }
                if bias:
                    shapes[f"bias_ih_l{layer}{suffix}"] = (rows,)
                    shapes[f"bias_hh_l{layer}{suffix}"] = (rows,)
                if proj_size:
                    shapes[f"weight_hr_l{layer}{suffix}"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    weight = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
                    self.register_parameter(name, weight)
                self._weight_names.append(list(shapes))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every weight and bias uniformly from -1/sqrt(H) to 1/sqrt(H)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    @property
    def num_directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def state_size(self) -> int | tuple[int, int]:
        """H, the features of h; of an LSTM those of h and of c."""
        return self.hidden_size

    @property
    def all_weights(self) -> list[list[nn.Parameter]]:
        """``[W_ih, W_hh, b_ih, b_hh]``, or the first two, of each layer and direction."""
        # By name at each call, so that weights may be tied, replaced, or lent for one call by
        # torch.func.functional_call.
        return [[getattr(self, name) for name in names] for names in self._weight_names]

    def _step(self) -> Callable[..., Any]:
        """The cell's equation, ``step(x_t, state, *weights) -> state``."""
        raise NotImplementedError

    def forward(
        self, input: Tensor | PackedSequence, hx: State | None = None
    ) -> tuple[Tensor | PackedSequence, State]:
        """Run the sequences through every layer.

        Parameters
        ----------
        input : Tensor of shape (T, B, I), or (B, T, I) if batch_first, or (T, I); PackedSequence
            The sequences; two dimensions are one sequence.
        hx : Tensor of shape (L*D, B, H), or (L*D, H) for one sequence, optional
            h_0, the state before the first step; zeros if not given. For an LSTM a tuple
            (h_0, c_0).

        Returns
        -------
        output : Tensor of shape (T, B, D*H), or (B, T, D*H), or (T, D*H); or PackedSequence
            The last layer's h at each time.
        h_n : Tensor of shape (L*D, B, H), or (L*D, H); for an LSTM a tuple (h_n, c_n)
            Each layer's and direction's state after the last step it read: for the backward
            direction that is time 0.

        Raises
        ------
        ValueError, RuntimeError
            Of the same type and text as PyTorch's, for an input or state of the wrong shape,
            dtype or device.
        """
        if isinstance(input, PackedSequence):
            data, batch_sizes, to_sorted, from_sorted = input
            if hx is not None and to_sorted is not None:
                hx = each(lambda h: h.index_select(1, to_sorted), hx)
            data, h_n = self._run(data, hx, batch_sizes)
            if from_sorted is not None:
                h_n = each(lambda h: h.index_select(1, from_sorted), h_n)
            return PackedSequence(data, batch_sizes, to_sorted, from_sorted), h_n

        self._check_dims(input, hx)
        if input.dim() == 2:  # one sequence is a batch of one
            hx = hx if hx is None else each(lambda h: h.unsqueeze(1), hx)
            output, h_n = self._run(input.unsqueeze(1), hx)
            return output.squeeze(1), each(lambda h: h.squeeze(1), h_n)
        if self.batch_first:
            output, h_n = self._run(input.transpose(0, 1), hx)
            return output.transpose(0, 1), h_n
        return self._run(input, hx)

    def _run(
        self, x: Tensor, hx: State | None, batch_sizes: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Run x, (T, B, I) or packed (N, I), through the layers, each in each direction."""
        states = self.num_layers * self.num_directions
        B = x.size(1) if batch_sizes is None else int(batch_sizes[0])
        h_0 = each(lambda H: x.new_zeros(states, B, H), self.state_size) if hx is None else hx
        self._check_call(x, h_0, (states, B), packed=batch_sizes is not None)

        step = self._step()
        all_weights = self.all_weights
        h_n = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(self.num_directions):
                k = layer * self.num_directions + direction
                output, h = recur(
                    step,
                    x,
                    each(lambda h, k=k: h[k], h_0),  # (B, H)
                    all_weights[k],
                    batch_sizes=batch_sizes,
                    reverse=direction == 1,
                    backend=self.backend,
                )
                outputs.append(output)
                h_n.append(h)
            # (T, B, D*H): what the next layer reads
            x = torch.cat(outputs, dim=-1) if self.bidirectional else outputs[0]
            if layer < self.num_layers - 1:
                x = torch.dropout(x, self.dropout, self.training)
        return x, each(lambda *h: torch.stack(h), *h_n)  # (T, B, D*H), (L*D, B, H)

    def backend_for(self, input: Tensor | PackedSequence, hx: State | None = None) -> str:
        """Name the backend that a call with these arguments runs on.

        Parameters
        ----------
        input, hx
            As for :meth:`forward`.

        Returns
        -------
        str
            :attr:`backend`, or what ``'auto'`` chooses.

        Raises
        ------
        ValueError
            If :attr:`backend` cannot run such a call; the text says why.

        Examples
        --------
        >>> RNN(3, 4).backend_for(torch.randn(7, 2, 3))
        'bptt'
        """
        x = input.data if isinstance(input, PackedSequence) else input
        h_0 = each(lambda H: x.new_zeros(H), self.state_size) if hx is None else hx
        return choose(self.backend, self._step(), x, h_0, self.all_weights[0])

    def flatten_parameters(self) -> None:
        """Do nothing: there is no cuDNN here that wants the weights in one piece."""

    def extra_repr(self) -> str:
        given = {
            "proj_size": self.proj_size != 0,
            "num_layers": self.num_layers != 1,
            "bias": self.bias is not True,
            "batch_first": self.batch_first is not False,
            "dropout": self.dropout != 0,
            "bidirectional": self.bidirectional is not False,
        }
        options = [f"{name}={getattr(self, name)}" for name, shown in given.items() if shown]
        return ", ".join([str(self.input_size), str(self.hidden_size), *options])

    # What follows refuses bad arguments, in PyTorch's order and with PyTorch's words.

    def _check_options(self, dropout: object) -> None:
        if (
            not isinstance(dropout, numbers.Number)
            or isinstance(dropout, bool)
            or not 0 <= self.dropout <= 1
        ):
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        if self.dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={self.num_layers}",
                stacklevel=4,  # the line that makes an RNN, LSTM or GRU
            )
        for name in "bias", "batch_first":
            if not isinstance(value := getattr(self, name), bool):
                raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
        for name in "input_size", "hidden_size":
            if not isinstance(value := getattr(self, name), int):
                raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
            if value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if self.proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")

    def _check_dims(self, input: Tensor, hx: Any) -> None:
        dims = input.dim()
        if dims not in (2, 3):
            noun = "D tensor" if isinstance(self, RNN) else "D"  # PyTorch's words differ
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got {dims}{noun} instead"
            )
        if hx is not None:
            self._check_state_dims(hx, dims, "batched" if dims == 3 else "unbatched")

    def _check_state_dims(self, hx: Any, dims: int, batched: str) -> None:
        if hx.dim() != dims:
            raise RuntimeError(
                f"For {batched} {dims}-D input, hx should also be {dims}-D "
                f"but got {hx.dim()}-D tensor"
            )

    def _check_call(self, x: Tensor, h_0: State, batch: tuple[int, int], packed: bool) -> None:
        weight = self.weight_ih_l0
        if x.dtype != weight.dtype and not torch.is_autocast_enabled(x.device.type):
            raise ValueError(
                f"RNN input dtype ({x.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({x.dtype})"
            )
        dims = 2 if packed else 3
        if x.dim() != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {x.dim()}")
        if x.size(-1) != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. "
                f"Expected {self.input_size}, got {x.size(-1)}"
            )
        self._check_state(h_0, batch)
        states = h_0 if isinstance(h_0, tuple) else (h_0,)
        named = [("hidden", h) for h in states] + [("parameter", weight)]
        for name, tensor in named:
            if tensor.device != x.device:
                raise RuntimeError(
                    f"Input and {name} tensors are not at the same device, found input tensor at "
                    f"{x.device} and {name} tensor at {tensor.device}"
                )
        if len(x) == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")

    def _check_state(self, h_0: Any, batch: tuple[int, int]) -> None:
        _check_size("hidden", h_0, (*batch, self.hidden_size))


class RNN(RNNBase):
    """A recurrent layer, drop-in for :class:`torch.nn.RNN`.

    Parameters
    ----------
    input_size : int
        I, the number of features of the input.
    hidden_size : int
        H, the number of features of the hidden state.
    num_layers : int
        L, the number of layers. Each after the first reads the outputs of the layer below.
    nonlinearity : {'tanh', 'relu'}
        What the cell applies to its sum.
    bias : bool
        Whether the cells have biases.
    batch_first : bool
        Whether input and output are (B, T, ...) and not (T, B, ...). The states never are.
    dropout : float
        Probability, in training, of zeroing each number that one layer hands to the next.
        Never applied to the last layer, nor within a layer from one time to the next.
    bidirectional : bool
        Whether each layer also reads the sequence from its end; the outputs lie side by side.
    device, dtype
        Where the weights live and their precision.
    proj_size
        Only there to be refused, as PyTorch does.
    backend : str
        How time is run through, a name in :data:`rnnlib.backends.BACKENDS`. ``'auto'`` takes the
        fastest that can run the call; :meth:`backend_for` says which that is.

    Attributes
    ----------
    weight_ih_l{k}, weight_hh_l{k} : Parameters of shape (H, I or D*H) and (H, H)
    bias_ih_l{k}, bias_hh_l{k} : Parameters of shape (H,)
        Of layer k; names end in ``_reverse`` for the backward direction. All drawn uniformly
        from -1/sqrt(H) to 1/sqrt(H).

    Raises
    ------
    TypeError, ValueError
        Of the same type and text as :class:`torch.nn.RNN`'s, for an argument it would refuse.

    Examples
    --------
    >>> output, h_n = RNN(input_size=3, hidden_size=4)(torch.randn(7, 2, 3))
    >>> output.shape, h_n.shape
    (torch.Size([7, 2, 4]), torch.Size([1, 2, 4]))
    """

    num_gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
        *,
        proj_size: None = None,
        backend: str = "auto",
    ) -> None:
        _refuse_projection(proj_size)
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device,
            dtype,
            backend,
        )
        self.nonlinearity = nonlinearity

    def _step(self) -> Callable[..., Tensor]:
        return partial(rnn_step, nonlinearity=NONLINEARITIES[self.nonlinearity])


class LSTM(RNNBase):
    """A layer of long short-term memories, drop-in for :class:`torch.nn.LSTM`.

    Its state is a tuple (h, c): what it shows, which is also its output, and what it keeps.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        As for :class:`RNN`.
    proj_size : int
        P: if not 0, h and the output are projected to P < H numbers; c keeps its H.
    device, dtype, backend
        As for :class:`RNN`.

    Attributes
    ----------
    weight_ih_l{k}, weight_hh_l{k} : Parameters of shape (4H, I or D*H) and (4H, H)
        Of layer k, the gates i, f, g, o one below the other. With a projection, P in place of
        the H of the columns.
    bias_ih_l{k}, bias_hh_l{k} : Parameters of shape (4H,)
    weight_hr_l{k} : Parameter of shape (P, H)
        Only with a projection.

    Raises
    ------
    TypeError, ValueError
        Of the same type and text as :class:`torch.nn.LSTM`'s, for an argument it would refuse.

    Examples
    --------
    >>> output, (h_n, c_n) = LSTM(input_size=3, hidden_size=4)(torch.randn(7, 2, 3))
    >>> output.shape, h_n.shape, c_n.shape
    (torch.Size([7, 2, 4]), torch.Size([1, 2, 4]), torch.Size([1, 2, 4]))
    """

    num_gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
        *,
        backend: str = "auto",
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device,
            dtype,
            backend,
            proj_size,
        )

    @property
    def state_size(self) -> tuple[int, int]:
        """H or P, the features of h, and H, those of c."""
        return self.proj_size or self.hidden_size, self.hidden_size

    def _step(self) -> Callable[..., tuple[Tensor, Tensor]]:
        if self.proj_size and not self.bias:  # the weights are W_ih, W_hh, W_hr
            return _projecting_step
        return lstm_step

    def forward(
        self, input: Tensor | PackedSequence, hx: Any = None
    ) -> tuple[Tensor | PackedSequence, State]:
        return super().forward(input, tuple(hx) if isinstance(hx, list) else hx)

    forward.__doc__ = RNNBase.forward.__doc__

    def _check_state_dims(self, hx: Any, dims: int, batched: str) -> None:
        if not (hx[0].dim() == hx[1].dim() == dims):
            raise RuntimeError(
                f"For {batched} {dims}-D input, hx and cx should also be {dims}-D "
                f"but got ({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
            )

    def _check_state(self, h_0: Any, batch: tuple[int, int]) -> None:
        for i, size in enumerate(self.state_size):
            _check_size(f"hidden[{i}]", h_0[i], (*batch, size))
        if len(h_0) != 2:
            raise RuntimeError("lstm expects two hidden states")
        h, c = h_0
        if h.dtype != c.dtype and not torch.is_autocast_enabled(h.device.type):
            raise RuntimeError(f"h_0 and c_0 must have the same dtype, got {h.dtype} and {c.dtype}")


class GRU(RNNBase):
    """A layer of gated recurrent units, drop-in for :class:`torch.nn.GRU`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        As for :class:`RNN`.
    device, dtype, proj_size, backend
        As for :class:`RNN`.

    Attributes
    ----------
    weight_ih_l{k}, weight_hh_l{k} : Parameters of shape (3H, I or D*H) and (3H, H)
        Of layer k, those of r, z, n one below the other.
    bias_ih_l{k}, bias_hh_l{k} : Parameters of shape (3H,)

    Raises
    ------
    TypeError, ValueError
        Of the same type and text as :class:`torch.nn.GRU`'s, for an argument it would refuse.

    Examples
    --------
    >>> output, h_n = GRU(input_size=3, hidden_size=4)(torch.randn(7, 2, 3))
    >>> output.shape, h_n.shape
    (torch.Size([7, 2, 4]), torch.Size([1, 2, 4]))
    """

    num_gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
        *,
        proj_size: None = None,
        backend: str = "auto",
    ) -> None:
        _refuse_projection(proj_size)
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device,
            dtype,
            backend,
        )

    def _step(self) -> Callable[..., Tensor]:
        return gru_step


def _projecting_step(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_ih: Tensor, W_hh: Tensor, W_hr: Tensor
) -> tuple[Tensor, Tensor]:
    """The step of an LSTM that projects and has no biases."""
    return lstm_step(x_t, state, W_ih, W_hh, W_hr=W_hr)


def _refuse_projection(proj_size: object) -> None:
    if proj_size is not None:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


def _check_size(name: str, state: Tensor, expected: tuple[int, ...]) -> None:
    if state.size() != expected:
        raise RuntimeError(f"Expected {name} size {expected}, got {list(state.size())}")
