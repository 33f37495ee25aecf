"""How a gradient travels back through time, and what helps it to arrive.

The derivative of the loss with respect to an early state is a product of Jacobians, one for each
step in between. If they shrink what they are applied to, the product vanishes as the lag grows; if
they stretch it, it explodes. This module measures both, and has the classical remedies: clipping,
and ways to initialise the recurrent weights.

Letters for sizes: T steps, B sequences in the batch, I = input_size, H = hidden_size.

References
----------
Bengio, Simard and Frasconi (1994), Learning long-term dependencies with gradient descent is
difficult. Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural
networks. Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of
learning in deep linear neural networks. Le, Jaitly and Hinton (2015), A simple way to initialize
recurrent networks of rectified linear units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from .cells import State


def gradient_norms(
    module: nn.Module,
    x: Tensor,
    h_0: State | None = None,
    *,
    loss: Callable[[Tensor], Tensor] | None = None,
    of: Literal["h", "state"] = "h",
) -> Tensor:
    r"""Measure the norm of :math:`\partial\, loss / \partial h_t` at each time t.

    Parameters
    ----------
    module : RNN, LSTM or GRU, of :mod:`torch.nn` or of rnnlib
        With one layer and one direction. Its parameters' ``.grad`` is left alone.
    x : Tensor of shape (T, B, I), or (B, T, I) if the module is batch_first, or (T, I)
        The sequences.
    h_0 : Tensor of shape (1, B, H), or (1, H), or for an LSTM a tuple of two, optional
        The state before the first step; zeros if not given.
    loss : callable, optional
        From the layer's output, in the layout of `x`, to one number. By default the sum of the
        last state, ``h_T.sum()``.
    of : {'h', 'state'}
        What to differentiate by: h_t, or all that a step hands on. They differ for an LSTM, whose
        state is (h_t, c_t): most of what it remembers is carried on by c_t.

    Returns
    -------
    Tensor of shape (T,)
        The Euclidean norm over the numbers of one sequence's state after each step, averaged over
        the sequences. Entry t has the lag T - 1 - t: ``norms.flip(0)`` is the norm against the lag.

    Raises
    ------
    TypeError
        If `x` is no tensor.
    ValueError
        If the module has several layers or directions, or `of` is neither 'h' nor 'state'.

    Notes
    -----
    This is the derivative along every path through later steps. The gradient of the tensor
    ``output`` that a layer returns is not: a change of its slice ``output[t]`` reaches the loss,
    but not the state at t + 1. So the layer is called here for one step at a time. The h and c
    of an LSTM count as numbers of their own: that c_t was also used to compute h_t is left out.

    Examples
    --------
    >>> norms = gradient_norms(torch.nn.RNN(3, 16), torch.randn(100, 8, 3))
    >>> norms.shape
    torch.Size([100])
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"gradient_norms takes x as one tensor, but got a {type(x).__name__}.")
    if getattr(module, "num_layers", 0) != 1 or getattr(module, "bidirectional", False):
        raise ValueError(
            f"gradient_norms got {module}: give an RNN, LSTM or GRU with num_layers=1 and "
            "bidirectional=False."
        )
    if of not in ("h", "state"):
        raise ValueError(f"of is {of!r}: choose 'h' or 'state'.")
    time = 1 if module.batch_first and x.dim() == 3 else 0
    states: list[Tensor] = []  # each (1, B, H), or of an LSTM (1, B, 2H), with h before c
    with torch.enable_grad():
        x = x.detach().requires_grad_()  # so that there is a graph even if the weights are frozen
        state = h_0
        for x_t in torch.split(x, 1, time):
            _, state = module(x_t, state)
            parts = state if isinstance(state, tuple) else (state,)
            H, *_ = sizes = [part.shape[-1] for part in parts]
            # One tensor that all of the future depends on: the one to differentiate by.
            states.append(torch.cat(parts, -1))
            parts = torch.split(states[-1], sizes, -1)
            state = parts if isinstance(state, tuple) else parts[0]
        if loss is None:
            number = states[-1][..., :H].sum()
        else:
            output = torch.cat(states)[..., :H]  # (T, B, H), or (T, H)
            number = loss(output.transpose(0, 1) if time == 1 else output)
    gradients = torch.cat(torch.autograd.grad(number, states))  # (T, B, H or 2H), or without B
    asked = gradients[..., : H if of == "h" else None]
    norms: Tensor = torch.linalg.vector_norm(asked, dim=-1)  # (T, B), or (T)
    return norms if norms.dim() == 1 else norms.mean(1)


def jacobian(cell: Callable[[Tensor, Any], Any], x_t: Tensor, h: State) -> Tensor:
    r"""Find :math:`\partial h_t / \partial h_{t-1}` of one sequence by autograd.

    Parameters
    ----------
    cell : callable
        ``cell(x_t, h)`` gives the next state: an RNNCell, LSTMCell or GRUCell, or any function.
    x_t : Tensor of shape (I,)
        The input at time t.
    h : Tensor of shape (H,), or for an LSTM a tuple (h, c)
        The state at time t - 1.

    Returns
    -------
    Tensor of shape (H, H), with no graph
        Row i, column j: how number i of the new state changes with number j of the old. For an
        LSTM (2H, 2H), with h before c: the last H rows and columns are
        :math:`\partial c_t / \partial c_{t-1}`.
    """
    if isinstance(h, Tensor):
        step, state = lambda h: cell(x_t, h), h
    else:
        sizes = [len(part) for part in h]
        step, state = lambda hc: torch.cat(cell(x_t, torch.split(hc, sizes))), torch.cat(h)
    with torch.no_grad():  # for what is around the Jacobian, not for what it is made of
        J: Tensor = torch.func.jacrev(step)(state)
    return J


def tanh_jacobian(W_hh: Tensor, h_t: Tensor) -> Tensor:
    r"""Write down the Jacobian of one tanh step from the state that it gave.

    .. math:: \partial h_t / \partial h_{t-1} = \operatorname{diag}(1 - h_t^2)\, W_{hh}

    Parameters
    ----------
    W_hh : Tensor of shape (H, H)
        Hidden-to-hidden weights.
    h_t : Tensor of shape (H,)
        The state after the step; the slope of tanh is known from its value.

    Returns
    -------
    Tensor of shape (H, H)
        Equal to :func:`jacobian` of that step. Each row of W_hh is scaled by a slope of at most 1.
    """
    slopes: Tensor = 1 - h_t**2  # (H,)
    return slopes[:, None] * W_hh


def relu_jacobian(W_hh: Tensor, h_t: Tensor) -> Tensor:
    r"""Write down the Jacobian of one relu step from the state that it gave.

    .. math:: \partial h_t / \partial h_{t-1} = \operatorname{diag}(h_t > 0)\, W_{hh}

    Parameters
    ----------
    W_hh : Tensor of shape (H, H)
        Hidden-to-hidden weights.
    h_t : Tensor of shape (H,)
        The state after the step.

    Returns
    -------
    Tensor of shape (H, H)
        Equal to :func:`jacobian` of that step: W_hh, with zeros in the rows of the numbers that
        relu set to zero. At the kink the slope counts as 0, as in PyTorch.
    """
    slopes: Tensor = h_t > 0  # (H,)
    return slopes[:, None] * W_hh


def jacobian_product(cell: Callable[[Tensor, Any], Any], x: Tensor, h_0: State) -> Tensor:
    r"""Multiply the Jacobians of all steps so far: :math:`\partial h_t / \partial h_0` at each t.

    .. math::
        \frac{\partial h_t}{\partial h_0} = \frac{\partial h_t}{\partial h_{t-1}} \cdots
        \frac{\partial h_2}{\partial h_1}\, \frac{\partial h_1}{\partial h_0}

    Parameters
    ----------
    cell : callable
        As for :func:`jacobian`.
    x : Tensor of shape (T, I)
        One sequence.
    h_0 : Tensor of shape (H,), or for an LSTM a tuple (h, c)
        The state before the first step.

    Returns
    -------
    Tensor of shape (T, H, H), with no graph
        Entry t belongs to the state after t + 1 steps. For an LSTM (T, 2H, 2H), as in
        :func:`jacobian`. Its norms are ``torch.linalg.matrix_norm(products, 2)``, its singular
        values ``torch.linalg.svdvals(products)``.

    Notes
    -----
    Pascanu, Mikolov and Bengio (2013), equation 5.
    """
    state, products = h_0, list[Tensor]()
    for x_t in x.unbind(0):  # (I,)
        step = jacobian(cell, x_t, state)
        products.append(step @ products[-1] if products else step)
        with torch.no_grad():
            state = cell(x_t, state)
    return torch.stack(products)


def jacobian_bound(W_hh: Tensor, steps: int, max_slope: float = 1.0) -> Tensor:
    r"""Bound the norm of :math:`\partial h_t / \partial h_0` for any inputs whatever.

    .. math::
        \left\lVert \frac{\partial h_t}{\partial h_0} \right\rVert \le
        \left( \gamma\, \sigma_{\max}(W_{hh}) \right)^t

    Parameters
    ----------
    W_hh : Tensor of shape (H, H)
        Hidden-to-hidden weights of a plain recurrent cell.
    steps : int
        T, how many steps to look ahead.
    max_slope : float
        :math:`\gamma`, the largest slope of the nonlinearity: 1 for tanh and relu, 1/4 for the
        logistic function.

    Returns
    -------
    Tensor of shape (T,)
        The bound on ``torch.linalg.matrix_norm(jacobian_product(...), 2)`` after 1, 2, ... T steps.

    Notes
    -----
    A norm of a product is at most the product of the norms, and the norm of a matrix is its
    largest singular value. So a value of :math:`\gamma\, \sigma_{\max}` below 1 suffices for a
    gradient to vanish, and one above 1 is necessary for it to explode, but does not suffice:
    Pascanu, Mikolov and Bengio (2013), section 2.1. Not to be confused with
    :func:`spectral_radius`, which may be smaller.
    """
    stretch = torch.linalg.matrix_norm(W_hh.detach(), 2) * max_slope
    return torch.pow(stretch, torch.arange(1, steps + 1, device=W_hh.device))


def spectral_radius(W: Tensor) -> float:
    """Find the largest absolute value of an eigenvalue.

    Parameters
    ----------
    W : Tensor of shape (H, H)

    Returns
    -------
    float
        By what factor W stretches, in the long run, when it is applied again and again. One
        application may stretch by more: by up to the largest singular value.
    """
    return float(torch.linalg.eigvals(W.detach()).abs().max())


_spectral_radius = spectral_radius  # under a name that no parameter hides


def clip_gradients(parameters: Tensor | Iterable[Tensor], max_norm: float) -> Tensor:
    r"""Scale all gradients by one factor, so that their norm is at most `max_norm`.

    .. math:: g \leftarrow g \cdot \min\left(1, \frac{max\_norm}{\lVert g \rVert + 10^{-6}}\right)

    The direction of the step stays; only its length is cut. Equal to
    :func:`torch.nn.utils.clip_grad_norm_`, which is the one to use outside a course: it is faster
    where there are many parameters.

    Parameters
    ----------
    parameters : iterable of Tensors, or one Tensor
        Whose ``.grad`` to scale in place. Those without a gradient are passed over.
    max_norm : float
        The largest norm allowed.

    Returns
    -------
    Tensor of shape ()
        The norm before: that of one long vector of all gradients.

    Notes
    -----
    Pascanu, Mikolov and Bengio (2013), algorithm 1. An infinite norm makes every finite gradient 0
    and every infinite one NaN; a norm of NaN makes all of them NaN. So look at the result.
    """
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    with torch.no_grad():
        # The norm of the norms is the norm of all numbers together.
        device = gradients[0].device
        norms = torch.stack([torch.linalg.vector_norm(g).to(device) for g in gradients])
        norm: Tensor = torch.linalg.vector_norm(norms)
        factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
        for g in gradients:
            g.mul_(factor.to(g.device))
    return norm


def orthogonal_(
    target: nn.Module | Tensor, gain: float = 1.0, generator: torch.Generator | None = None
) -> None:
    """Make recurrent weights orthogonal, in place: they turn a state and keep its length.

    :func:`torch.nn.init.orthogonal_` on each gate's (H, H) block. On the (4H, H) weights of an
    LSTM as a whole it would make none of the blocks orthogonal.

    Parameters
    ----------
    target : Module or Tensor
        A recurrent layer or cell, a model that holds some, or one weight_hh.
    gain : float
        What to multiply the orthogonal matrices by.
    generator : torch.Generator, optional
        For the random choice among all orthogonal matrices.

    Raises
    ------
    ValueError
        If there are no recurrent weights, or they are not made of square blocks.

    Notes
    -----
    Saxe, McClelland and Ganguli (2014). All singular values are equal to `gain`; if that is 1, a
    gradient can shrink by the slopes of the nonlinearity alone, and never grow.
    """
    for W in _square_blocks(target):
        nn.init.orthogonal_(W, gain, generator)


def identity_(target: nn.Module | Tensor, scale: float = 1.0) -> None:
    """Make recurrent weights `scale` times the identity and the biases zero, in place.

    With relu this is the IRNN: until it has learned otherwise, it keeps its state and adds to it.

    Parameters
    ----------
    target : Module or Tensor
        An RNN layer or cell, a model whose recurrent parts are such, or one weight_hh.
    scale : float
        Less than 1 makes old inputs fade: 0.01 is the paper's choice where long memory harms.

    Raises
    ------
    ValueError
        If there are no recurrent weights, or they belong to an LSTM or GRU.

    Notes
    -----
    Le, Jaitly and Hinton (2015), who also draw W_ih with a standard deviation of 0.001; W_ih is
    left alone here.
    """
    matrices = _recurrent_weights(target)
    for W in matrices:
        if W.dim() != 2 or W.shape[0] != W.shape[1]:
            raise ValueError(
                f"identity_ got weights of shape {tuple(W.shape)}: it takes those of an RNN, "
                "(H, H), and not of an LSTM or GRU."
            )
    for W in matrices:
        nn.init.eye_(W)
        with torch.no_grad():
            W.mul_(scale)
    if isinstance(target, nn.Module):
        for name, parameter in target.named_parameters():
            if _last(name).startswith(("bias_ih", "bias_hh")):
                nn.init.zeros_(parameter)


def scaled_(target: nn.Module | Tensor, spectral_radius: float) -> None:
    """Multiply recurrent weights, in place, so that they have a given spectral radius.

    Parameters
    ----------
    target : Module or Tensor
        A recurrent layer or cell, a model that holds some, or one weight_hh. Each gate's (H, H)
        block is scaled on its own.
    spectral_radius : float
        The largest absolute value that an eigenvalue is to have.

    Raises
    ------
    ValueError
        If there are no recurrent weights, they are not made of square blocks, or all eigenvalues
        of one are zero.
    """
    blocks = _square_blocks(target)
    radii = [_spectral_radius(W) for W in blocks]
    if 0.0 in radii:
        raise ValueError(
            "scaled_ got weights whose eigenvalues are all 0, which no factor changes: "
            "initialise them first, for instance with orthogonal_."
        )
    with torch.no_grad():
        for W, radius in zip(blocks, radii, strict=True):
            W.mul_(spectral_radius / radius)


def _last(name: str) -> str:
    """The parameter's own name: weight_hh_l0 of rnn.weight_hh_l0."""
    return name.rpartition(".")[2]


def _recurrent_weights(target: nn.Module | Tensor) -> list[Tensor]:
    """Find W_hh of every layer, direction and cell in a module, or take it as it is."""
    if isinstance(target, Tensor):
        return [target]
    named = [(_last(name), parameter) for name, parameter in target.named_parameters()]
    if any(name.startswith("weight_hr") for name, _ in named):
        raise ValueError(
            "The recurrent weights of an LSTM with proj_size are not square: use proj_size=0."
        )
    matrices: list[Tensor] = [W for name, W in named if name.startswith("weight_hh")]
    if not matrices:
        raise ValueError(
            f"{type(target).__name__} has no parameter weight_hh: give an RNN, LSTM or GRU, one "
            "of their cells, a model that holds one, or such a weight itself."
        )
    return matrices


def _square_blocks(target: nn.Module | Tensor) -> list[Tensor]:
    """Cut each W_hh, (H, H) or (3H, H) or (4H, H), into one (H, H) block a gate, as views."""
    blocks: list[Tensor] = []
    for W in _recurrent_weights(target):
        if W.dim() != 2 or W.numel() == 0 or W.shape[0] % W.shape[1]:
            raise ValueError(
                f"Recurrent weights have the shape (H, H), (3H, H) or (4H, H), "
                f"but these have {tuple(W.shape)}."
            )
        with torch.no_grad():
            blocks += torch.split(W, W.shape[1])
    return blocks
