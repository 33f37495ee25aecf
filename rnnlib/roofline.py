"""How fast can a recurrent layer be at all? Three times below which no way of running it can go.

- **Latency**: each of T steps needs the result of the one before, so a layer takes at least T times
  the shortest step.
- **Arithmetic**: its matrix products take a number of operations, and a device does only so many a
  second.
- **Memory**: its input has to be read and its output written, and memory moves only so many bytes
  a second.

The largest of the three is the floor. What a device can do is measured on it, not looked up. The
name is that of the roofline model (Williams, Waterman and Patterson 2009), which knows the second
and the third.

Letters: N steps of all sequences together (T * B if they are equally long), I = input_size,
H = hidden_size, and G rows of the weights: H for an RNN, 4H for an LSTM, 3H for a GRU.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch

from .backends.fused import obstacle_on_device
from .benchmark import samples
from .layers import RNN


@dataclass(frozen=True)
class Rates:
    """What a device can do.

    Attributes
    ----------
    operations : float
        Floating-point operations a second, in a large matrix product.
    bandwidth : float
        Bytes a second that its memory reads and writes, in a large copy.
    step : float
        Seconds of the shortest step over time.
    """

    operations: float
    bandwidth: float
    step: float


@dataclass(frozen=True)
class Floor:
    """The three times of one call, in seconds.

    Attributes
    ----------
    latency, arithmetic, memory : float
    """

    latency: float
    arithmetic: float
    memory: float

    @property
    def seconds(self) -> float:
        """The largest of the three."""
        return max(self.latency, self.arithmetic, self.memory)

    @property
    def limit(self) -> str:
        """The name of the largest: what a faster device would need."""
        return max(vars(self), key=lambda name: getattr(self, name))


def operations(N: int, I: int, H: int, *, G: int | None = None, training: bool = False) -> int:
    """Count the floating-point operations of one layer's matrix products.

    Parameters
    ----------
    N, I, H : int
        Sizes, as above.
    G : int, optional
        Rows of the weights; H if not given.
    training : bool
        Whether the gradients of the weights are wanted too (those of the input are not).

    Returns
    -------
    int
        Multiplications and additions.
    """
    G = H if G is None else G
    forward = 2 * N * G * (I + H)  # x W_ih' and h W_hh'
    backward = 2 * N * G * (H + H + I)  # dz W_hh in the scan, dW_hh and dW_ih after it
    return forward + backward if training else forward


def traffic(
    N: int, I: int, H: int, *, G: int | None = None, training: bool = False, itemsize: int = 4
) -> int:
    """Count the bytes that one layer has to move if it moves nothing twice on one way.

    Parameters
    ----------
    N, I, H, G, training
        As for :func:`operations`.
    itemsize : int
        Bytes of a number.

    Returns
    -------
    int
        Bytes read and written.
    """
    weights = (H if G is None else G) * (I + H)
    forward = N * I + weights + N * H  # x and the weights in, h out
    backward = N * (I + H + H) + 2 * weights  # x, h, its gradient and the weights in, theirs out
    return itemsize * (forward + backward if training else forward)


def floor(
    rates: Rates,
    T: int,
    N: int,
    I: int,
    H: int,
    *,
    G: int | None = None,
    training: bool = False,
    itemsize: int = 4,
) -> Floor:
    """Compute the three times of one layer.

    Parameters
    ----------
    rates : Rates
        What the device can do.
    T : int
        Steps of the longest sequence.
    N, I, H, G, training, itemsize
        As for :func:`operations` and :func:`traffic`.

    Returns
    -------
    Floor
    """
    return Floor(
        latency=(2 if training else 1) * T * rates.step,
        arithmetic=operations(N, I, H, G=G, training=training) / rates.operations,
        memory=traffic(N, I, H, G=G, training=training, itemsize=itemsize) / rates.bandwidth,
    )


def measure(device: torch.device | str, dtype: torch.dtype = torch.float32) -> Rates:
    """Measure what a device can do, at the precision that PyTorch is set to.

    Parameters
    ----------
    device : torch.device or str
        What to measure; a second on a CPU.
    dtype : torch.dtype
        Of the numbers.

    Returns
    -------
    Rates
        The shortest step is that of one unit and one sequence: on a GPU within the fused kernel
        (:mod:`rnnlib.backends.kernels`) where that can run, elsewhere a product that PyTorch is
        asked for step by step.
    """
    device = torch.device(device)
    on_gpu = device.type == "cuda"
    wait = torch.cuda.synchronize if on_gpu else lambda: None

    def median(run: Callable[[], object], rounds: int = 7) -> float:
        return statistics.median(samples({"": run}, rounds=rounds, warmup=2, wait=wait)[""])

    size = 8192 if on_gpu else 1024
    # Random numbers: zeros are multiplied faster.
    a, b, c = torch.randn(3, size, size, device=device).to(dtype)
    product = median(lambda: torch.mm(a, b, out=c))
    # Larger than any cache.
    source = torch.randn(2**29 if on_gpu else 2**25, device=device)
    target = torch.empty_like(source)
    copy = median(lambda: target.copy_(source))
    return Rates(2 * size**3 / product, 2 * 4 * len(source) / copy, _step(device, dtype, median))


def _step(device: torch.device, dtype: torch.dtype, median: Callable[..., float]) -> float:
    """Seconds of the shortest step."""
    T = 1000
    x = torch.randn(T, 1, 1, device=device).to(dtype)
    if x.is_cuda and not obstacle_on_device(x):
        layer = RNN(1, 1, backend="triton", device=device, dtype=dtype).requires_grad_(False)
        return median(lambda: layer(x)) / T
    h = x.unbind()
    W = torch.randn(1, 1, device=device).to(dtype)

    def chain() -> None:
        for now, after in pairwise(h):
            torch.mm(now, W, out=after)

    return median(chain) / (T - 1)
