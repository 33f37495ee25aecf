"""The recurrent cells: one step of time, and the only place where their equations are written.

Letters for sizes: B sequences in the batch, I = input_size, H = hidden_size. The weights of a
gated cell hold its gates one below the other: four of an LSTM (4H rows), three of a GRU.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: What a cell carries from one step to the next: h, or for an LSTM the pair (h, c).
State = Tensor | tuple[Tensor, ...]

NONLINEARITIES: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "relu": torch.relu}


def rnn_step(
    x_t: Tensor,
    h: Tensor,
    W_ih: Tensor,
    W_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    nonlinearity: Callable[[Tensor], Tensor] = torch.tanh,
) -> Tensor:
    r"""One step: from the input now and the state before, the state now.

    .. math:: h_t = \tanh(x_t W_{ih}^T + b_{ih} + h_{t-1} W_{hh}^T + b_{hh})

    Parameters
    ----------
    x_t : Tensor of shape (B, I)
        The input at time t.
    h : Tensor of shape (B, H)
        The hidden state at time t - 1.
    W_ih, W_hh : Tensors of shape (H, I) and (H, H)
        Input-to-hidden and hidden-to-hidden weights.
    b_ih, b_hh : Tensors of shape (H,), optional
        The biases. PyTorch keeps two although one would do: only their sum counts.
    nonlinearity : callable
        Applied to each number. The identity, ``lambda a: a``, gives the pre-activation.

    Returns
    -------
    Tensor of shape (B, H)
        The hidden state at time t.
    """
    # x_t @ W_ih.T + b_ih: (B, I) @ (I, H) -> (B, H)
    from_input = F.linear(x_t, W_ih, b_ih)
    # h @ W_hh.T + b_hh: (B, H) @ (H, H) -> (B, H)
    from_state = F.linear(h, W_hh, b_hh)
    return nonlinearity(from_input + from_state)


def lstm_step(
    x_t: Tensor,
    state: tuple[Tensor, Tensor],
    W_ih: Tensor,
    W_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    W_hr: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    r"""One step of a long short-term memory, which decides what to keep, to write and to show.

    .. math::
        \begin{aligned}
        i, f, o &= \sigma(\ldots) \quad g = \tanh(\ldots)
            \qquad \ldots = x_t W_{ih}^T + b_{ih} + h_{t-1} W_{hh}^T + b_{hh} \\
        c_t &= f \odot c_{t-1} + i \odot g \\
        h_t &= o \odot \tanh(c_t)
        \end{aligned}

    Parameters
    ----------
    x_t : Tensor of shape (B, I)
        The input at time t.
    state : tuple of Tensors of shape (B, H)
        h and c at time t - 1: what is shown and what is kept. With W_hr, h is (B, P).
    W_ih, W_hh : Tensors of shape (4H, I) and (4H, H), or (4H, P)
        The weights of the gates i, f, g, o, one below the other.
    b_ih, b_hh : Tensors of shape (4H,), optional
        Their biases.
    W_hr : Tensor of shape (P, H), optional
        Projects what is shown to P numbers: h_t = (o * tanh(c_t)) @ W_hr.T.

    Returns
    -------
    tuple of Tensors of shape (B, H)
        h and c at time t. With W_hr, h is (B, P).

    Notes
    -----
    Hochreiter and Schmidhuber (1997), with the forget gate f of Gers, Schmidhuber and Cummins
    (2000); the projection is that of Sak, Senior and Beaufays (2014).
    """
    h, c = state
    gates = F.linear(x_t, W_ih, b_ih) + F.linear(h, W_hh, b_hh)  # (B, 4H)
    i, f, g, o = gates.chunk(4, dim=1)  # each (B, H)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()  # keep some of the old, write some of the new
    h = o.sigmoid() * c.tanh()
    return h if W_hr is None else F.linear(h, W_hr), c


def gru_step(
    x_t: Tensor,
    h: Tensor,
    W_ih: Tensor,
    W_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    r"""One step of a gated recurrent unit, which mixes its old state with a proposal.

    .. math::
        \begin{aligned}
        r, z &= \sigma(x_t W_{ih}^T + b_{ih} + h_{t-1} W_{hh}^T + b_{hh}) \\
        n &= \tanh(x_t W_{in}^T + b_{in} + r \odot (h_{t-1} W_{hn}^T + b_{hn})) \\
        h_t &= (1 - z) \odot n + z \odot h_{t-1}
        \end{aligned}

    Parameters
    ----------
    x_t : Tensor of shape (B, I)
        The input at time t.
    h : Tensor of shape (B, H)
        The hidden state at time t - 1.
    W_ih, W_hh : Tensors of shape (3H, I) and (3H, H)
        The weights of r, z, n, one below the other.
    b_ih, b_hh : Tensors of shape (3H,), optional
        Their biases. Here both count: r scales the second one of n and not the first.

    Returns
    -------
    Tensor of shape (B, H)
        The hidden state at time t.

    Notes
    -----
    Cho et al. (2014), but r acts after the matrix product and not before it, as in PyTorch and
    cuDNN.
    """
    x_r, x_z, x_n = F.linear(x_t, W_ih, b_ih).chunk(3, dim=1)  # each (B, H)
    h_r, h_z, h_n = F.linear(h, W_hh, b_hh).chunk(3, dim=1)  # each (B, H)
    r = (x_r + h_r).sigmoid()  # how much of the old state the proposal may see
    z = (x_z + h_z).sigmoid()  # how much of the old state stays
    n = (x_n + r * h_n).tanh()  # the proposal
    return n + z * (h - n)  # (1 - z) * n + z * h


def each(function: Callable[..., Any], *states: Any) -> Any:
    """Apply a function to what there is one of for each state: to h's, or to h's and to c's."""
    if isinstance(states[0], tuple):
        return tuple(map(function, *states))
    return function(*states)


class RNNCellBase(nn.Module):
    """What the three cells share: weights, checks, and a batch axis for those who gave none.

    A subclass says how many rows of gates its weights have, and which equation it is.
    """

    num_gates: int
    bias_ih: nn.Parameter | None
    bias_hh: nn.Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias

        def parameter(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(shape, device=device, dtype=dtype))

        rows = self.num_gates * hidden_size
        self.weight_ih = parameter(rows, input_size)
        self.weight_hh = parameter(rows, hidden_size)
        self.register_parameter("bias_ih", parameter(rows) if bias else None)
        self.register_parameter("bias_hh", parameter(rows) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every weight and bias uniformly from -1/sqrt(H) to 1/sqrt(H)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def _step(self) -> Callable[..., Any]:
        """The cell's equation, ``step(x_t, state, *weights) -> state``."""
        raise NotImplementedError

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """Advance the state by one step.

        Parameters
        ----------
        input : Tensor of shape (B, I) or (I,)
            The input at time t.
        hx : Tensor of shape (B, H) or (H,), or for an LSTM a tuple of two, optional
            The state at time t - 1; zeros if not given.

        Returns
        -------
        Tensor of shape (B, H) or (H,), or for an LSTM a tuple of two
            The state at time t.

        Raises
        ------
        ValueError, RuntimeError
            Of the same type and text as PyTorch's, for a tensor of the wrong number of
            dimensions, the wrong size, or an unknown nonlinearity.
        """
        self._check_dims("input", input)
        if hx is not None:
            self._check_state_dims(hx)
        batched = input.dim() == 2
        x_t = input if batched else input.unsqueeze(0)  # (B, I)
        if hx is None:
            state = self._zeros(x_t)
        else:
            hx = tuple(hx) if isinstance(hx, list) else hx
            state = hx if batched else each(lambda h: h.unsqueeze(0), hx)  # (B, H)
        step = self._step()
        self._check_sizes(x_t, state)
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        state = step(x_t, state, *weights)
        return state if batched else each(lambda h: h.squeeze(0), state)

    def _zeros(self, x_t: Tensor) -> State:
        return x_t.new_zeros(len(x_t), self.hidden_size)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias is True else f"{text}, bias={self.bias}"

    # What follows refuses bad arguments, in PyTorch's order and with PyTorch's words.

    def _check_dims(self, name: str, tensor: Tensor) -> None:
        if tensor.dim() not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected {name} to be 1D or 2D, "
                f"got {tensor.dim()}D instead"
            )

    def _check_state_dims(self, hx: Any) -> None:
        self._check_dims("hidden", hx)

    def _check_sizes(self, x_t: Tensor, state: State) -> None:
        if x_t.size(1) != self.input_size:
            raise RuntimeError(
                f"input has inconsistent input_size: got {x_t.size(1)} expected {self.input_size}"
            )
        for i, h in enumerate((state,) if isinstance(state, Tensor) else state):
            if h.dim() != 2:  # as in PyTorch 2.15; 2.13 took one size for another
                raise RuntimeError(
                    f"Expected 2D hidden{i} (batch x hidden_size), but got {h.dim()}D tensor"
                )
            if h.size(0) != x_t.size(0):
                raise RuntimeError(
                    f"Input batch size {x_t.size(0)} doesn't match hidden{i} batch size {h.size(0)}"
                )
            if h.size(1) != self.hidden_size:
                raise RuntimeError(
                    f"hidden{i} has inconsistent hidden_size: got {h.size(1)}, "
                    f"expected {self.hidden_size}"
                )


class RNNCell(RNNCellBase):
    """One step of a recurrent network, drop-in for :class:`torch.nn.RNNCell`.

    Parameters
    ----------
    input_size : int
        I, the number of features of the input.
    hidden_size : int
        H, the number of features of the hidden state.
    bias : bool
        Whether the cell has the biases ``bias_ih`` and ``bias_hh``.
    nonlinearity : {'tanh', 'relu'}
        As in PyTorch, any other name is refused when the cell is called, not before.
    device, dtype
        Where the weights live and their precision.

    Attributes
    ----------
    weight_ih, weight_hh : Parameters of shape (H, I) and (H, H)
    bias_ih, bias_hh : Parameters of shape (H,), or None
        All drawn uniformly from -1/sqrt(H) to 1/sqrt(H).

    Examples
    --------
    >>> cell = RNNCell(input_size=3, hidden_size=4)
    >>> cell(torch.randn(2, 3)).shape
    torch.Size([2, 4])
    """

    num_gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def _step(self) -> Callable[..., Tensor]:
        if self.nonlinearity not in NONLINEARITIES:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return partial(rnn_step, nonlinearity=NONLINEARITIES[self.nonlinearity])

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"


class LSTMCell(RNNCellBase):
    """One step of a long short-term memory, drop-in for :class:`torch.nn.LSTMCell`.

    Parameters
    ----------
    input_size, hidden_size, bias, device, dtype
        As for :class:`RNNCell`.

    Attributes
    ----------
    weight_ih, weight_hh : Parameters of shape (4H, I) and (4H, H)
        Of the gates i, f, g, o.
    bias_ih, bias_hh : Parameters of shape (4H,), or None

    Examples
    --------
    >>> h, c = LSTMCell(input_size=3, hidden_size=4)(torch.randn(2, 3))
    >>> h.shape, c.shape
    (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    num_gates = 4

    def _step(self) -> Callable[..., tuple[Tensor, Tensor]]:
        return lstm_step

    def _zeros(self, x_t: Tensor) -> State:
        zeros = x_t.new_zeros(len(x_t), self.hidden_size)
        return zeros, zeros

    def _check_state_dims(self, hx: Any) -> None:
        for i, h in enumerate(hx):
            self._check_dims(f"hx[{i}]", h)

    def _check_sizes(self, x_t: Tensor, state: State) -> None:
        if len(state) != 2:
            raise RuntimeError("lstm_cell expects two hidden states")
        super()._check_sizes(x_t, state)


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit, drop-in for :class:`torch.nn.GRUCell`.

    Parameters
    ----------
    input_size, hidden_size, bias, device, dtype
        As for :class:`RNNCell`.

    Attributes
    ----------
    weight_ih, weight_hh : Parameters of shape (3H, I) and (3H, H)
        Of r, z, n.
    bias_ih, bias_hh : Parameters of shape (3H,), or None

    Examples
    --------
    >>> GRUCell(input_size=3, hidden_size=4)(torch.randn(2, 3)).shape
    torch.Size([2, 4])
    """

    num_gates = 3

    def _step(self) -> Callable[..., Tensor]:
        return gru_step
