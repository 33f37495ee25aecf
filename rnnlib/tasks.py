"""Made-up tasks that need memory, with the loss that can be had without any.

Whoever never looks back reaches the baseline given with each task; only a network that remembers
gets below it. All are drawn from a :class:`torch.Generator` if one is given, so that the same seed
gives the same batch, on the generator's device.

Letters for sizes: T steps, B sequences in the batch.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Mean squared error of always answering 1 in :func:`adding`: the variance of the sum of two
#: numbers drawn from [0, 1), 2/12. No answer that ignores the numbers does better.
ADDING_BASELINE = 1 / 6

#: Binary cross-entropy, in nats a step, of always answering 1/2 in :func:`parity`.
PARITY_BASELINE = math.log(2)


def adding(T: int, B: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw a batch of the adding problem: add the two numbers that are marked.

    Parameters
    ----------
    T : int
        Steps, at least 2.
    B : int
        Sequences.
    generator : torch.Generator, optional
        PyTorch's global one if not given.

    Returns
    -------
    x : Tensor of shape (T, B, 2), float32
        Feature 0: numbers drawn uniformly from [0, 1). Feature 1: the marks, 1 at one of the first
        T // 2 steps and at one of the others, each drawn uniformly, and 0 elsewhere.
    y : Tensor of shape (B, 1), float32
        The sum of the two marked numbers, from 0 to 2.

    Raises
    ------
    ValueError
        If T is less than 2 or B less than 1.

    Notes
    -----
    The variant of Arjovsky, Shah and Bengio (2016), Unitary evolution recurrent neural networks,
    section 4.2; :data:`ADDING_BASELINE` is their 0.167. The original of Hochreiter and Schmidhuber
    (1997), Long short-term memory, section 5.4, draws from [-1, 1], varies the length, marks
    the first and the last step with -1, and asks for 0.5 + (a + b) / 4.
    """
    _check("adding", T=(T, 2), B=(B, 1))
    device = _device(generator)
    numbers = torch.rand(T, B, generator=generator, device=device)
    half = T // 2
    first = torch.randint(0, half, (1, B), generator=generator, device=device)
    second = torch.randint(half, T, (1, B), generator=generator, device=device)
    marks = torch.zeros_like(numbers).scatter_(0, torch.cat([first, second]), 1.0)
    return torch.stack([numbers, marks], 2), (numbers * marks).sum(0)[:, None]


def copy_memory(
    T: int,
    B: int,
    *,
    symbols: int = 8,
    length: int = 10,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Draw a batch of the copy memory problem: repeat what was shown T steps before.

    Parameters
    ----------
    T : int
        Steps from the end of what is shown to the start of the answer, at least 1.
    B : int
        Sequences.
    symbols : int
        K, how many different symbols there are. Two more tokens exist: blank, K, and 'go', K + 1.
    length : int
        n, how many symbols are to be remembered.
    generator : torch.Generator, optional
        PyTorch's global one if not given.

    Returns
    -------
    x : Tensor of shape (T + 2n, B), int64
        n symbols from 0 to K - 1, drawn uniformly; T - 1 blanks; 'go'; n blanks.
    y : Tensor of shape (T + 2n, B), int64
        T + n blanks, then the n symbols in the same order. 'Go' is never an answer.

    Raises
    ------
    ValueError
        If an argument is less than 1.

    Notes
    -----
    Arjovsky, Shah and Bengio (2016), section 4.1, after Hochreiter and Schmidhuber (1997). Theirs
    are K = 8 and n = 10: symbols 0 to 7, blank 8, 'go' 9, and T + 20 steps. For the loss without
    memory see :func:`copy_memory_baseline`.

    Examples
    --------
    With one symbol only, 0, there is no chance in it: blank is 1 and 'go' is 2.

    >>> x, y = copy_memory(T=3, B=1, symbols=1, length=2)
    >>> x[:, 0].tolist(), y[:, 0].tolist()
    ([0, 0, 1, 1, 2, 1, 1], [1, 1, 1, 1, 1, 0, 0])
    """
    _check("copy_memory", T=(T, 1), B=(B, 1), symbols=(symbols, 1), length=(length, 1))
    device = _device(generator)
    shown = torch.randint(0, symbols, (length, B), generator=generator, device=device)
    blank, go = symbols, symbols + 1
    x = shown.new_full((T + 2 * length, B), blank)
    y = x.clone()
    x[:length] = shown
    x[length + T - 1] = go
    y[-length:] = shown
    return x, y


def copy_memory_baseline(T: int, *, symbols: int = 8, length: int = 10) -> float:
    r"""Compute the loss of :func:`copy_memory` that needs no memory.

    .. math:: \frac{n \ln K}{T + 2n}

    Whoever answers blank until 'go', and then gives each of the K symbols the probability 1/K, pays
    :math:`\ln K` for each of the last n steps and nothing before.

    Parameters
    ----------
    T, symbols, length : int
        As for :func:`copy_memory`.

    Returns
    -------
    float
        Cross-entropy in nats, averaged over all T + 2n steps: 10 ln 8 / (T + 20) in the paper.
    """
    return length * math.log(symbols) / (T + 2 * length)


def parity(T: int, B: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw a batch of running parity: is the number of ones so far odd?

    Parameters
    ----------
    T : int
        Steps, at least 1.
    B : int
        Sequences.
    generator : torch.Generator, optional
        PyTorch's global one if not given.

    Returns
    -------
    x : Tensor of shape (T, B, 1), float32
        Bits, 0 or 1 with equal chances.
    y : Tensor of shape (T, B), float32
        1 where the number of ones up to and with this step is odd, else 0: a target for
        :func:`torch.nn.functional.binary_cross_entropy_with_logits`.

    Raises
    ------
    ValueError
        If T or B is less than 1.

    Notes
    -----
    One bit of memory suffices, but one lost anywhere spoils every later answer: a single earlier
    bit decides, and no part of the input tells anything alone. So
    :data:`PARITY_BASELINE` is what can be had without memory, at all steps but the first, where
    the answer is the bit itself. Parity as a task that no perceptron of bounded order can do is
    due to Minsky and Papert (1969), Perceptrons; here one answer is asked for at each step.
    """
    _check("parity", T=(T, 1), B=(B, 1))
    x = torch.randint(0, 2, (T, B), generator=generator, device=_device(generator))
    return x[:, :, None].float(), (x.cumsum(0) % 2).float()


def _check(task: str, **arguments: tuple[int, int]) -> None:
    """Refuse arguments below what each must be at least."""
    for name, (value, least) in arguments.items():
        if value < least:
            raise ValueError(f"{task} got {name}={value}: give at least {least}.")


def _device(generator: torch.Generator | None) -> torch.device:
    return torch.device("cpu") if generator is None else generator.device
