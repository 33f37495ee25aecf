"""An LSTM over time as one call of oneDNN, the library that ``torch.nn.LSTM`` runs on on a CPU.

oneDNN lays the weights out for the processor's vector units before the first step, and a step's
product and gates are one kernel. None of this can be had from Python, so no backend that is made
of PyTorch's operations reaches it: for an LSTM in float32 or bfloat16 it is what ``auto`` takes.
PyTorch hands no RNN and no GRU to oneDNN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..cells import State, lstm_step
from .bptt import obstacle_to_own_operation


def onednn(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> tuple[Tensor, State]:
    """Run an LSTM over time.

    Parameters and results are those of every backend: see :mod:`rnnlib.backends`.
    """
    states = [state.unsqueeze(0) for state in h_0]  # (1, B, H): one layer, one direction
    output, h_n, c_n = torch.lstm(
        x,
        states,
        list(weights),
        has_biases=len(weights) == 4,
        num_layers=1,
        dropout=0.0,
        train=torch.is_grad_enabled(),  # else oneDNN keeps nothing for the way back
        bidirectional=False,
        batch_first=False,
    )
    return output, (h_n.squeeze(0), c_n.squeeze(0))


def obstacle(
    step: Callable[..., Any], x: Tensor, h_0: State, weights: Sequence[Tensor]
) -> str | None:
    """Say what keeps oneDNN from running this call, or None if it can."""
    if step is not lstm_step or len(weights) not in (2, 4):
        return "PyTorch hands nothing to oneDNN but an LSTM without projection"
    if x.device.type != "cpu":
        return "oneDNN runs on the CPU"
    if x.dtype not in (torch.float32, torch.bfloat16):
        return "PyTorch has oneDNN's LSTM for float32 and bfloat16"
    tensors = (x, *h_0, *weights)
    if why := obstacle_to_own_operation(tensors):
        return why  # before what else is asked, which the compiler cannot trace
    if torch.is_autocast_enabled("cpu"):
        if x.dim() == 2 or torch.get_autocast_dtype("cpu") != torch.bfloat16:
            return "autocast casts for it to bfloat16, and not what is packed"
    elif any(tensor.dtype != x.dtype for tensor in tensors):
        return "the tensors differ in dtype"
    if not (torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled):
        return "this PyTorch was built without oneDNN, or it is switched off"
    return "it takes no empty batch" if x.numel() == 0 else None
