"""Back-propagation through time, with the gradients derived by hand: fast, for training above all.

Autograd differentiates a loop operation by operation: at each step it keeps each intermediate
result, and on the way back adds one more small product to the gradient of each weight. Here the
scans over time do only what has to wait for the step before, the product of h and W_hh:

- forward, the products of all inputs and W_ih are one large product before the scan;
- backward, the derivatives of the cell at all times are a few operations before the scan, and the
  gradients of x, W_ih, W_hh and the biases are large products after it.

Both scans write into tensors that were made before them. An RNN keeps nothing but h.

Letters: T steps, B sequences, I = input_size, H = hidden_size, and G rows of the weights: H for an
RNN, 4H for an LSTM, 3H for a GRU. P = proj_size takes H's place in h of an LSTM that projects.
``d_h`` is the gradient of the loss with respect to h.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.fx.experimental.proxy_tensor import get_proxy_mode

from ..cells import State, each, gru_step, lstm_step, rnn_step
from .loop import loop

Tensors = tuple[Tensor, ...]


def bptt(
    step: Callable[..., Any],
    x: Tensor,
    h_0: State,
    weights: Sequence[Tensor],
    derivative: Derivative | None = None,
) -> tuple[Tensor, State]:
    """Run an RNN, LSTM or GRU over time.

    Parameters and results are those of every backend: see :mod:`rnnlib.backends`. Another way to
    compute the same may be given as `derivative`.
    """
    if x.dtype in (torch.bfloat16, torch.float16):
        # Rounded at each of T steps, a state and its gradient would lose most of their few digits.
        in_float32 = x.float(), each(Tensor.float, h_0), [w.float() for w in weights]
        output, h_n = bptt(step, *in_float32, derivative)
        return output.to(x.dtype), each(lambda h: h.to(x.dtype), h_n)
    return scan(derivative or derivative_of(step), partial(loop, step), x, h_0, weights)


def obstacle(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> str | None:
    """Say what keeps ``bptt`` from running this call, or None if it can."""
    tensors = (x, *(h_0 if isinstance(h_0, tuple) else (h_0,)), *weights)
    if not has_derivative(step, len(weights)):
        return "this cell's derivative is not written down there"
    return obstacle_to_own_derivative(tensors)


def obstacle_to_own_derivative(tensors: Tensors) -> str | None:
    """Say why a call that takes these tensors must be left to autograd, or None if it need not."""
    x = tensors[0]
    if any(tensor.dtype != x.dtype for tensor in tensors):
        return "the tensors differ in dtype"
    if x.is_complex():
        return "its derivatives are those of real numbers"
    device = x.device.type
    if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
        return "autocast chooses the dtype operation by operation"
    return obstacle_to_own_operation(tensors)


def obstacle_to_own_operation(tensors: Tensors) -> str | None:
    """Say who else than autograd wants to look into a call that takes these tensors, or None."""
    # Not is_compiling(), which is also true while another thread compiles something else.
    traced = torch.compiler.is_dynamo_compiling() or torch.jit.is_tracing()
    if traced or get_proxy_mode() is not None:
        return "the call is being traced"
    if transformed(*tensors):
        return "a transform of torch.func is active"
    if any(forward_ad.unpack_dual(tensor).tangent is not None for tensor in tensors):
        return "forward-mode differentiation needs autograd"
    return None


def transformed(*tensors: Tensor) -> bool:
    """Whether a transform of torch.func runs, or torch.autograd asks for many gradients at once."""
    functorch: Any = torch._C._functorch
    return torch._C._are_functorch_transforms_active() or any(
        functorch.is_legacy_batchedtensor(tensor) for tensor in tensors
    )


def scan(
    derivative: Derivative,
    readable: Callable[..., tuple[Tensor, State]],
    x: Tensor,
    h_0: State,
    weights: Sequence[Tensor],
) -> tuple[Tensor, State]:
    """Run a cell over time by a derivative that is written down.

    Parameters
    ----------
    derivative : Derivative
        The cell over time, and back.
    readable : callable
        The same for autograd, ``readable(x, h_0, weights) -> output, h_n``: by it the gradient is
        differentiated in turn.
    x, h_0, weights
        As for every backend; x may be packed (N, I).
    """
    states = h_0 if isinstance(h_0, tuple) else (h_0,)
    if torch.is_grad_enabled() and any(t.requires_grad for t in (x, *states, *weights)):
        output, *h_n = Scan.apply(derivative, readable, len(states), x, *states, *weights)
    else:  # nothing need be kept for the way back
        output, h_n, _ = derivative.forward(x, states, *weights)
    return output, tuple(h_n) if isinstance(h_0, tuple) else h_n[0]


class Scan(torch.autograd.Function):
    """One cell over time, forward and backward, as one operation for autograd."""

    @staticmethod
    def forward(
        ctx: Any,
        derivative: Derivative,
        readable: Callable[..., Any],
        states: int,
        x: Tensor,
        *rest: Tensor,
    ) -> Any:
        output, h_n, kept = derivative.forward(x, rest[:states], *rest[states:])
        ctx.derivative, ctx.readable = derivative, readable
        ctx.states, ctx.inputs = states, 1 + len(rest)
        ctx.save_for_backward(x, *rest, *kept)
        # A copy, since h is kept for backward: the caller may change the output in place.
        return output.clone(), *h_n

    @staticmethod
    def backward(ctx: Any, d_output: Tensor, *d_h_n: Tensor) -> Any:
        saved = ctx.saved_tensors  # only once: checkpointing computes them when asked
        inputs, kept = saved[: ctx.inputs], saved[ctx.inputs :]
        needed = ctx.needs_input_grad[3:]
        # The gradient is to be differentiated in turn, or many are asked for in one pass.
        if torch.is_grad_enabled() or transformed(d_output, *d_h_n):
            gradients = _through(ctx.readable, ctx.states, inputs, needed, (d_output, *d_h_n))
            return None, None, None, *gradients
        x, (W_ih, W_hh, *rest) = inputs[0], inputs[1 + ctx.states :]
        biases, projection = rest[:2], rest[2:]
        # With respect to the sums of the two sides of the cell, (T, B, G), to its states, and to
        # the weights that project.
        d_x_side, d_h_side, d_states, d_projection = ctx.derivative.backward(
            d_output, d_h_n, W_hh, *projection, *kept
        )
        h = ctx.derivative.before(kept[0])  # (T*B, H)
        d_x_side, d_h_side = d_x_side.flatten(0, -2), d_h_side.flatten(0, -2)  # (T*B, G)
        d_x = (d_x_side @ W_ih).view_as(x) if needed[0] else None
        d_W = d_x_side.T @ x.flatten(0, -2), d_h_side.T @ h
        d_b = (d_x_side.sum(0), d_h_side.sum(0)) if biases else ()
        return None, None, None, d_x, *d_states, *d_W, *d_b, *d_projection


def _through(
    readable: Callable[..., tuple[Tensor, State]],
    states: int,
    inputs: Tensors,
    needed: Sequence[bool],
    d_outputs: Tensors,
) -> list[Tensor | None]:
    """Differentiate what autograd can follow instead: again, or many times at once."""
    again = torch.is_grad_enabled()
    with torch.enable_grad():
        # Views, so that a tensor that is given twice gets its gradient in two parts.
        x, *rest = (tensor.view_as(tensor) for tensor in inputs)
        h_0 = tuple(rest[:states]) if states > 1 else rest[0]
        output, h_n = readable(x, h_0, rest[states:])
    outputs = (output, *(h_n if isinstance(h_n, tuple) else (h_n,)))
    wanted = [tensor for tensor, need in zip((x, *rest), needed, strict=True) if need]
    found = iter(torch.autograd.grad(outputs, wanted, d_outputs, create_graph=again))
    return [next(found) if need else None for need in needed]


class Derivative(NamedTuple):
    """A cell over time and its derivative.

    Attributes
    ----------
    forward : callable
        ``forward(x, states, *weights) -> output, h_n, kept``. The first of what is kept is h from
        before the first step to after the last, here (T+1, B, H).
    backward : callable
        ``backward(d_output, d_h_n, W_hh, *projection, *kept)
        -> d_x_side, d_h_side, d_states, d_projection``.
    before : callable
        ``before(kept[0])`` is h before each step, row by row as in x: (T*B, H).
    """

    forward: Callable[..., tuple[Tensor, Tensors, Tensors]]
    backward: Callable[..., tuple[Tensor, Tensor, Tensors, Tensors]]
    before: Callable[[Tensor], Tensor] = lambda h: h[:-1].flatten(0, 1)


def has_derivative(step: Callable[..., Any], weights: int) -> bool:
    """Whether the derivative of a cell with so many weights is written down here."""
    if isinstance(step, partial):
        known = step.func is rnn_step and step.keywords.get("nonlinearity") in RNN
    else:
        known = step in (rnn_step, lstm_step, gru_step)
    # W_ih and W_hh; with two biases; and with weights that project behind them
    return known and weights in ((2, 4, 5) if step is lstm_step else (2, 4))


def derivative_of(step: Callable[..., Any]) -> Derivative:
    """Give the derivative of a step that :func:`has_derivative`."""
    if isinstance(step, partial):
        return RNN[step.keywords["nonlinearity"]]
    return {rnn_step: RNN[torch.tanh], lstm_step: LSTM, gru_step: GRU}[step]


def _start(x: Tensor, h_0: Tensor) -> Tensor:
    """Make room for the states (T+1, B, H), the first of which is h_0."""
    h = h_0.new_empty(len(x) + 1, *h_0.shape)
    h[0] = h_0
    return h


def project(x: Tensor, W_ih: Tensor, bias: Tensor | None, out: Tensor) -> None:
    """Write the input's side of the cell at all times, x @ W_ih.T + bias, into out (T, B, G)."""
    x, out = x.flatten(0, -2), out.view(-1, len(W_ih))  # (T*B, I), (T*B, G)
    if bias is None:
        torch.mm(x, W_ih.T, out=out)
    else:
        torch.addmm(bias, x, W_ih.T, out=out)


def _tanh_slope(y: Tensor) -> Tensor:
    """Derivative of y = tanh(a) with respect to a: 1 - y * y."""
    return torch.addcmul(y.new_ones(()), y, y, value=-1)


def _sigmoid_slope(y: Tensor) -> Tensor:
    """Derivative of y = sigmoid(a) with respect to a: (1 - y) * y."""
    return (1 - y).mul_(y)


# RNN: h' = f(a),  a = x W_ih' + h W_hh' + b


def _rnn_forward(
    in_place: Callable[[Tensor], Tensor],
    x: Tensor,
    states: Tensors,
    W_ih: Tensor,
    W_hh: Tensor,
    *biases: Tensor,
) -> tuple[Tensor, Tensors, Tensors]:
    h = _start(x, states[0])
    project(x, W_ih, biases[0] + biases[1] if biases else None, out=h[1:])
    before, *following = h.unbind()
    W = W_hh.T
    for now in following:  # (B, H), holds the input's side
        in_place(now.addmm_(before, W))
        before = now
    return h[1:], (h[-1],), (h,)


def _rnn_backward(
    slope: Callable[[Tensor], Tensor],
    times_slope: Callable[[Tensor, Tensor], Tensor],
    d_output: Tensor,
    d_h_n: Tensors,
    W_hh: Tensor,
    h: Tensor,
) -> tuple[Tensor, Tensor, Tensors, Tensors]:
    d_a = d_output.clone(memory_format=torch.contiguous_format)  # (T, B, H), first of all d_h
    d_a[-1] += d_h_n[0]
    slopes = slope(h[1:])  # (T, B, H)
    after: Tensor | None = None
    for now, slope_now in zip(reversed(d_a.unbind()), reversed(slopes.unbind()), strict=True):
        if after is not None:
            now.addmm_(after, W_hh)
        after = times_slope(now, slope_now)
    return d_a, d_a, (d_a[0] @ W_hh,), ()


RNN = {
    torch.tanh: Derivative(
        partial(_rnn_forward, torch.tanh_),
        partial(_rnn_backward, _tanh_slope, lambda d_h, slope: d_h.mul_(slope)),
    ),
    # A silent unit passes nothing back, also if what comes is infinite: no product with 0.
    torch.relu: Derivative(
        partial(_rnn_forward, torch.relu_),
        partial(_rnn_backward, lambda h: h <= 0, lambda d_h, silent: d_h.masked_fill_(silent, 0)),
    ),
}


# LSTM: i, f, o = sigmoid(a), g = tanh(a), c' = f c + i g, h' = o tanh(c')
# An LSTM that projects: h' = (o tanh(c')) W_hr', (B, P)


def _lstm_forward(
    x: Tensor, states: Tensors, W_ih: Tensor, W_hh: Tensor, *rest: Tensor
) -> tuple[Tensor, Tensors, Tensors]:
    h, c = (_start(x, state) for state in states)
    T, B, H = len(x), *states[1].shape
    gates = h.new_empty(T, B, 4 * H)
    project(x, W_ih, rest[0] + rest[1] if rest else None, out=gates)
    W_rh = rest[2].T if len(rest) == 3 else None  # (H, P)
    input_forget = gates[:, :, : 2 * H].unbind()
    by_gate = [gate.unbind() for gate in gates.view(T, B, 4, H).unbind(2)]
    hs, cs, W = h.unbind(), c.unbind(), W_hh.T
    for t, (gates_t, i_f, i, f, g, o) in enumerate(
        zip(gates.unbind(), input_forget, *by_gate, strict=True)
    ):
        gates_t.addmm_(hs[t], W)  # (B, 4H)
        i_f.sigmoid_()
        g.tanh_()
        o.sigmoid_()
        torch.mul(f, cs[t], out=cs[t + 1]).addcmul_(i, g)
        if W_rh is None:
            torch.mul(o, cs[t + 1].tanh(), out=hs[t + 1])
        else:
            torch.mm(cs[t + 1].tanh().mul_(o), W_rh, out=hs[t + 1])
    return h[1:], (h[-1], c[-1]), (h, c, gates)


def _lstm_backward(
    d_output: Tensor, d_h_n: Tensors, W_hh: Tensor, *rest: Tensor
) -> tuple[Tensor, Tensor, Tensors, Tensors]:
    *projection, _h, c, gates = rest
    W_hr = projection[0] if projection else None  # (P, H)
    T, B, H = len(d_output), *c.shape[1:]
    i, f, g, o = gates.view(T, B, 4, H).unbind(2)
    tanh_c = c[1:].tanh()
    # The derivatives of c' with respect to the sums of i, f, g, and of m' = o tanh(c') to that of
    # o. m' is h', or what is projected to h'.
    d_gates = torch.empty_like(gates)
    d_i, d_f, d_g, d_o = d_gates.view(T, B, 4, H).unbind(2)
    torch.mul(_sigmoid_slope(i), g, out=d_i)
    torch.mul(_sigmoid_slope(f), c[:-1], out=d_f)
    torch.mul(_tanh_slope(g), i, out=d_g)
    torch.mul(_sigmoid_slope(o), tanh_c, out=d_o)
    m_by_c = _tanh_slope(tanh_c).mul_(o)  # dm'/dc'

    d_h = d_output.clone(memory_format=torch.contiguous_format)
    d_h[-1] += d_h_n[0]
    d_c = d_h_n[1].clone()
    d_hs, d_gates_of, d_os = d_h.unbind(), d_gates.unbind(), d_o.unbind()
    d_ifgs = d_gates.view(T, B, 4, H)[:, :, :3].unbind()
    ms_by_c, fs = m_by_c.unbind(), f.unbind()
    for t in reversed(range(T)):
        d_m = d_hs[t] if W_hr is None else d_hs[t] @ W_hr  # (B, H)
        d_c.addcmul_(d_m, ms_by_c[t])
        d_ifgs[t].mul_(d_c[:, None])
        d_os[t].mul_(d_m)
        d_c.mul_(fs[t])
        if t:
            d_hs[t - 1].addmm_(d_gates_of[t], W_hh)
    d_W_hr = [] if W_hr is None else [d_h.flatten(0, 1).T @ (o * tanh_c).flatten(0, 1)]
    return d_gates, d_gates, (d_gates[0] @ W_hh, d_c), tuple(d_W_hr)


LSTM = Derivative(_lstm_forward, _lstm_backward)


# GRU: r, z = sigmoid(a), n = tanh(x_n + r h_n), h' = n + z (h - n)


def _gru_forward(
    x: Tensor, states: Tensors, W_ih: Tensor, W_hh: Tensor, *biases: Tensor
) -> tuple[Tensor, Tensors, Tensors]:
    h = _start(x, states[0])
    T, B, H = len(x), *states[0].shape
    gates = h.new_empty(T, B, 3 * H)
    h_side = h.new_empty(T, B, H)  # h @ W_hn.T + b_hn, which r scales
    bias, b_hn = None, h.new_zeros(H)
    if biases:
        bias, b_hn = biases[0].clone(), biases[1][2 * H :]
        bias[: 2 * H] += biases[1][: 2 * H]
    project(x, W_ih, bias, out=gates)
    W_rz, W_n = W_hh[: 2 * H].T, W_hh[2 * H :].T
    r_zs = gates[:, :, : 2 * H].unbind()
    by_gate = [gate.unbind() for gate in gates.view(T, B, 3, H).unbind(2)]
    hs = h.unbind()
    for t, (r_z, r, z, n, h_n) in enumerate(zip(r_zs, *by_gate, h_side.unbind(), strict=True)):
        r_z.addmm_(hs[t], W_rz).sigmoid_()  # (B, 2H)
        torch.addmm(b_hn, hs[t], W_n, out=h_n)
        n.addcmul_(r, h_n).tanh_()
        torch.lerp(n, hs[t], z, out=hs[t + 1])
    return h[1:], (h[-1],), (h, gates, h_side)


def _gru_backward(
    d_output: Tensor, d_h_n: Tensors, W_hh: Tensor, h: Tensor, gates: Tensor, h_side: Tensor
) -> tuple[Tensor, Tensor, Tensors, Tensors]:
    T, B, H = d_output.shape
    r, z, n = gates.view(T, B, 3, H).unbind(2)
    # The derivatives of h' with respect to the sums of r, z and n, and to the h side of n.
    by_n = _tanh_slope(n).mul_(1 - z)
    d_gates = torch.empty_like(gates)
    d_r, d_z, d_n = d_gates.view(T, B, 3, H).unbind(2)
    torch.mul(_sigmoid_slope(r).mul_(h_side), by_n, out=d_r)
    torch.mul(_sigmoid_slope(z), h[:-1] - n, out=d_z)
    torch.mul(r, by_n, out=d_n)

    d_h = d_output.clone(memory_format=torch.contiguous_format)
    d_h[-1] += d_h_n[0]
    d_hs, d_gates_of, zs = d_h.unbind(), d_gates.unbind(), z.unbind()
    by_gate = d_gates.view(T, B, 3, H).unbind()
    for t in reversed(range(T)):
        by_gate[t].mul_(d_hs[t][:, None])
        if t:
            d_hs[t - 1].addcmul_(d_hs[t], zs[t]).addmm_(d_gates_of[t], W_hh)
    d_h_0 = torch.addmm(d_h[0] * z[0], d_gates[0], W_hh)
    d_x_side = d_gates.clone()
    torch.mul(by_n, d_h, out=d_x_side[:, :, 2 * H :])
    return d_x_side, d_gates, (d_h_0,), ()


GRU = Derivative(_gru_forward, _gru_backward)
