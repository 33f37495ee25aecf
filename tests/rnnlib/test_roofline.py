"""What the floor counts, against what PyTorch counts; and what is measured of a device."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

import rnnlib
from rnnlib import roofline

SIZE = st.integers(1, 6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@given(T=SIZE, B=SIZE, I=SIZE, H=SIZE)
def test_operations_are_those_that_pytorch_counts(
    kind: str, T: int, B: int, I: int, H: int
) -> None:
    layer = getattr(rnnlib, kind)(I, H, backend="loop")
    h_0 = torch.zeros(1, B, H, requires_grad=True)  # so that every step hands a gradient back
    state = (h_0, torch.zeros(1, B, H)) if kind == "LSTM" else h_0
    sizes = {"N": T * B, "I": I, "H": H, "G": layer.num_gates * H}
    with FlopCounterMode(display=False) as counted:
        output = layer(torch.randn(T, B, I), state)[0]
        assert counted.get_total_flops() == roofline.operations(**sizes)
        output.sum().backward()
    assert counted.get_total_flops() == roofline.operations(**sizes, training=True)


def test_traffic_is_each_tensor_once() -> None:
    N, I, H = 7, 3, 5
    layer, x, h = rnnlib.RNN(I, H, bias=False), torch.empty(N, I), torch.empty(N, H)
    weights = sum(p.nbytes for p in layer.parameters())
    forward = x.nbytes + weights + h.nbytes
    assert roofline.traffic(N, I, H) == forward
    # x, h and the gradient of h are read, the weights too, and the gradients of these written.
    backward = x.nbytes + 2 * h.nbytes + 2 * weights
    assert roofline.traffic(N, I, H, training=True) == forward + backward
    assert 2 * roofline.traffic(N, I, H, itemsize=2) == forward
    assert roofline.traffic(N, I, H, G=4 * H) == forward + 3 * weights


@given(T=st.integers(1, 100), B=st.integers(1, 100), training=st.booleans())
def test_the_floor_is_the_largest_of_three(T: int, B: int, training: bool) -> None:
    rates = roofline.Rates(operations=1e9, bandwidth=1e9, step=1e-6)
    floor = roofline.floor(rates, T, T * B, 8, 8, training=training)
    assert floor.seconds == max(floor.latency, floor.arithmetic, floor.memory)
    assert getattr(floor, floor.limit) == floor.seconds
    assert floor.latency == pytest.approx((2 if training else 1) * T * 1e-6)
    assert floor.arithmetic == roofline.operations(T * B, 8, 8, training=training) / 1e9


def test_what_is_measured_of_a_device() -> None:
    for device in ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]:
        rates = roofline.measure(device)
        assert all(math.isfinite(rate) and rate > 0 for rate in vars(rates).values())
        # Not a count of something else: units a thousandfold wrong would be outside of these.
        assert 1e8 < rates.operations < 1e16
        assert 1e7 < rates.bandwidth < 1e14
        assert 1e-8 < rates.step < 1e-1
