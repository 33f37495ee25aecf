"""The same mistake gets the same answer from our layers and from torch's."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence

import rnnlib

zeros = torch.zeros


def outcome(call: Callable[[], Any]) -> tuple[str, str]:
    """Type and text of what is raised; Python itself names the class in some texts."""
    try:
        call()
    except Exception as error:
        text = re.sub(r"^\w+\.(__init__|forward)\(\)", r"\1()", str(error))
        return type(error).__name__, text
    return "nothing", ""


def state_for(kind: str, h: Any) -> Any:
    """h_0, or of an LSTM (h_0, c_0), both wrong in the same way."""
    return (h, h) if kind.startswith("LSTM") and isinstance(h, torch.Tensor) else h


def packed(*shape: int, **options: Any) -> PackedSequence:
    return pack_sequence([zeros(n, *shape, **options) for n in (2, 4, 1)], enforce_sorted=False)


SORTED = pack_sequence([zeros(4, 3), zeros(2, 3)])

CONSTRUCTOR: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((3,), {}),
    ((3, 4), {"hidden": 4}),
    ((3.0, 4), {}),
    (("3", 4), {}),
    ((0, 4), {}),
    ((-1, 4), {}),
    ((3, 4.0), {}),
    ((3, None), {}),
    ((3, 0), {}),
    ((3, -4), {}),
    ((0, 0), {}),
    ((3, 4, 0), {}),
    ((3, 4, -1), {}),
    ((3, 4, 1.5), {}),
    ((3, 4, "2"), {}),
    ((3, 4), {"bias": 1}),
    ((3, 4), {"bias": "True"}),
    ((3, 4), {"bias": None}),
    ((3, 4), {"batch_first": 0}),
    ((3, 4), {"batch_first": "False"}),
    ((3, 4), {"bias": 1, "batch_first": 1}),
    ((3, 4), {"dropout": -0.1}),
    ((3, 4), {"dropout": 1.1}),
    ((3, 4), {"dropout": True}),
    ((3, 4), {"dropout": "half"}),
    ((3, 4), {"dropout": "0.5"}),
    ((3, 4), {"dropout": None}),
    ((3, 4), {"dropout": float("nan")}),
    ((3, 4), {"dropout": 2, "bias": 1}),
    ((3, 4), {"dtype": torch.int64}),
    ((3, 4), {"dtype": "float32"}),
    ((3, 4), {"device": "nowhere"}),
]


ONLY: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "RNN": [
        ((3, 4, 1, "sigmoid"), {}),
        ((3, 4, 1, True), {}),
        ((3, 4), {"nonlinearity": "Tanh"}),
        ((3, 4), {"nonlinearity": None}),
        ((0, 4), {"nonlinearity": "gelu"}),
        ((3, 4), {"proj_size": 2}),
        ((3, 4), {"proj_size": 0}),
        ((3, 4), {"proj_size": 2, "nonlinearity": "gelu"}),
    ],
    "LSTM": [
        ((3, 4), {"proj_size": -1}),
        ((3, 4), {"proj_size": 4}),
        ((3, 4), {"proj_size": 5, "num_layers": 0}),
        ((3, 4), {"proj_size": None}),
        ((3, 4), {"proj_size": "2"}),
        ((3, 4), {"proj_size": 2.5}),
        ((3, 4), {"nonlinearity": "tanh"}),
        ((3, 4, 1, "tanh"), {}),
    ],
    "GRU": [
        ((3, 4), {"proj_size": 2}),
        ((3, 4), {"proj_size": 0}),
        ((0, 4), {"proj_size": 2}),
        ((3, 4), {"nonlinearity": "tanh"}),
        ((3, 4, 1, "tanh"), {}),
    ],
}

each_kind = pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
each_cell = pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])


@pytest.mark.parametrize(
    ("kind", "args", "options"),
    [(kind, *case) for kind in ONLY for case in CONSTRUCTOR + ONLY[kind]],
    ids=str,
)
def test_constructor(kind: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    theirs = outcome(lambda: getattr(nn, kind)(*args, **options))
    assert theirs[0] != "nothing"
    mine = outcome(lambda: getattr(rnnlib, kind)(*args, **options))
    if options.get("proj_size") == 2.5:  # the text holds the number of the argument
        assert mine[0] == theirs[0]
    else:
        assert mine == theirs


# Options of RNN(3, 4, ...), then input and state.
FORWARD: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "nothing": ({}, ()),
    "None": ({}, (None,)),
    "a list": ({}, ([[0.0] * 3],)),
    "0-D": ({}, (zeros(()),)),
    "1-D": ({}, (zeros(3),)),
    "4-D": ({}, (zeros(1, 2, 2, 3),)),
    "float64": ({}, (zeros(2, 2, 3, dtype=torch.float64),)),
    "int64": ({}, (zeros(2, 2, 3, dtype=torch.int64),)),
    "float64 and wrong size": ({}, (zeros(2, 2, 5, dtype=torch.float64),)),
    "wrong input_size": ({}, (zeros(2, 2, 5),)),
    "wrong input_size, batch first": ({"batch_first": True}, (zeros(2, 2, 5),)),
    "wrong input_size, unbatched": ({}, (zeros(2, 5),)),
    "no features": ({}, (zeros(2, 2, 0),)),
    "no steps": ({}, (zeros(0, 2, 3),)),
    "no steps, batch first": ({"batch_first": True}, (zeros(2, 0, 3),)),
    "no steps, unbatched": ({}, (zeros(0, 3),)),
    "other device": ({}, (zeros(2, 2, 3, device="meta"),)),
    "other device, no steps": ({}, (zeros(0, 2, 3, device="meta"),)),
    "state on other device": ({}, (zeros(2, 2, 3), zeros(1, 2, 4, device="meta"))),
    "input on other device": ({}, (zeros(2, 2, 3, device="meta"), zeros(1, 2, 4))),
    "state is a tuple": ({}, (zeros(2, 2, 3), (zeros(1, 2, 4),))),
    "state 2-D": ({}, (zeros(2, 2, 3), zeros(2, 4))),
    "state 4-D": ({}, (zeros(2, 2, 3), zeros(1, 1, 2, 4))),
    "state 3-D, unbatched": ({}, (zeros(2, 3), zeros(1, 1, 4))),
    "state 1-D, unbatched": ({}, (zeros(2, 3), zeros(4))),
    "state of other layers": ({}, (zeros(2, 2, 3), zeros(2, 2, 4))),
    "state of other batch": ({}, (zeros(2, 2, 3), zeros(1, 5, 4))),
    "state of one, for two": ({}, (zeros(2, 2, 3), zeros(1, 1, 4))),
    "state of other size": ({}, (zeros(2, 2, 3), zeros(1, 2, 5))),
    "state of other size, unbatched": ({}, (zeros(2, 3), zeros(1, 5))),
    "state of one direction": ({"bidirectional": True}, (zeros(2, 2, 3), zeros(1, 2, 4))),
    "state of one layer": ({"num_layers": 2}, (zeros(2, 2, 3), zeros(1, 2, 4))),
    "state batch first": ({"batch_first": True}, (zeros(5, 2, 3), zeros(5, 1, 4))),
    "state in time's place": ({"batch_first": True}, (zeros(5, 2, 3), zeros(1, 2, 4))),
    "state float64": ({}, (zeros(2, 2, 3), zeros(1, 2, 4, dtype=torch.float64))),
    "packed, float64": ({}, (packed(3, dtype=torch.float64),)),
    "packed, wrong input_size": ({}, (packed(5),)),
    "packed, 3-D": ({}, (packed(1, 3),)),
    "packed, state of smaller batch": ({}, (packed(3), zeros(1, 2, 4))),
    "packed, state of other size": ({}, (packed(3), zeros(1, 3, 5))),
    "packed, state 2-D": ({}, (packed(3), zeros(3, 4))),
    "packed, state float64": ({}, (packed(3), zeros(1, 3, 4, dtype=torch.float64))),
    "packed and sorted, state of other batch": ({}, (SORTED, zeros(1, 4, 4))),
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        (kind, case)
        for kind in ("RNN", "LSTM", "GRU")
        for case in FORWARD
        if (kind, case) != ("LSTM", "state is a tuple")  # an LSTM's state is one
    ],
)
def test_forward(kind: str, case: str) -> None:
    options, inputs = FORWARD[case]
    inputs = inputs[:1] + tuple(state_for(kind, h) for h in inputs[1:])
    theirs = outcome(lambda: getattr(nn, kind)(3, 4, **options)(*inputs))
    assert theirs[0] != "nothing"
    mine = outcome(lambda: getattr(rnnlib, kind)(3, 4, **options)(*inputs))
    if kind == "LSTM" and "packed" in case:  # torch forgets to check: the error is a kernel's
        assert mine[0] in ("ValueError", "RuntimeError")
    elif kind == "LSTM" and case == "state float64":  # torch's text is a kernel's too
        assert mine[0] == theirs[0]
    else:
        assert mine == theirs


h, short = zeros(1, 2, 4), zeros(1, 2, 2)
# Options of LSTM(3, 4, ...), and a state for the input (2, 2, 3).
LSTM_STATE: dict[str, tuple[dict[str, Any], Any]] = {
    "one tensor": ({}, h),
    "only h": ({}, (h,)),
    "three": ({}, (h, h, h)),
    "h 2-D": ({}, (h[0], h)),
    "c 2-D": ({}, (h, h[0])),
    "c of other size": ({}, (h, short)),
    "c of other batch": ({}, (h, zeros(1, 3, 4))),
    "c on other device": ({}, (h, h.to("meta"))),
    "h not projected": ({"proj_size": 2}, (h, h)),
    "c projected": ({"proj_size": 2}, (short, short)),
    "two layers, not projected": ({"proj_size": 2, "num_layers": 2}, (zeros(2, 2, 4),) * 2),
}


@pytest.mark.parametrize("case", LSTM_STATE)
def test_state_of_an_lstm(case: str) -> None:
    options, state = LSTM_STATE[case]
    x = zeros(2, 2, 3)
    theirs = outcome(lambda: nn.LSTM(3, 4, **options)(x, state))
    assert theirs[0] != "nothing"
    assert outcome(lambda: rnnlib.LSTM(3, 4, **options)(x, state)) == theirs


def test_a_cell_state_of_other_precision_is_refused() -> None:
    x = zeros(2, 2, 3)
    assert outcome(lambda: nn.LSTM(3, 4)(x, (h, h.double())))[0] == "RuntimeError"
    with pytest.raises(RuntimeError, match="h_0 and c_0 must have the same dtype"):
        rnnlib.LSTM(3, 4)(x, (h, h.double()))
    as_list = rnnlib.LSTM(3, 4)(x, [h, h])  # PyTorch takes it too
    assert isinstance(as_list[1], tuple)


def test_state_for_too_many_sequences_is_cut_in_silence_if_they_are_not_sorted() -> None:
    # PyTorch's slip, and so ours: putting the state in the sequences' order drops the rest of it.
    torch.manual_seed(0)
    h_0 = torch.randn(1, 4, 4)
    for kind in nn.RNN, rnnlib.RNN:
        rnn = kind(3, 4)
        assert torch.equal(rnn(packed(3), h_0)[1], rnn(packed(3), h_0[:, :3])[1])


def test_impossible_dropout_set_later() -> None:
    def run(kind: Callable[..., Any]) -> None:
        rnn = kind(3, 4, 2)
        rnn.dropout = 2
        rnn(zeros(2, 2, 3))

    assert outcome(lambda: run(rnnlib.RNN)) == outcome(lambda: run(nn.RNN))
    assert outcome(lambda: run(rnnlib.RNN))[0] == "RuntimeError"


@each_kind
@pytest.mark.parametrize(
    "options", [{"dropout": 0.5}, {"dropout": 1}, {"num_layers": 2, "dropout": 0.5}, {}]
)
def test_warnings(kind: str, options: dict[str, Any]) -> None:
    caught = []
    for layers in nn, rnnlib:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            getattr(layers, kind)(3, 4, **options)
        caught.append([(w.category, str(w.message)) for w in seen])
    assert caught[0] == caught[1]
    assert all(w.filename == __file__ for w in seen)  # ours points at the caller's line


CELL: dict[str, tuple[Any, ...]] = {
    "nothing": (),
    "None": (None,),
    "a list": ([0.0] * 3,),
    "0-D": (zeros(()),),
    "3-D": (zeros(2, 2, 3),),
    "state 0-D": (zeros(2, 3), zeros(())),
    "state 3-D": (zeros(2, 3), zeros(1, 2, 4)),
    "both 3-D": (zeros(1, 2, 3), zeros(1, 2, 4)),
    "wrong input_size": (zeros(2, 5),),
    "wrong input_size, unbatched": (zeros(5),),
    "state of other size": (zeros(2, 3), zeros(2, 5)),
    "state of other size, unbatched": (zeros(3), zeros(5)),
    "state of other batch": (zeros(2, 3), zeros(7, 4)),
    "state of one, for two": (zeros(2, 3), zeros(1, 4)),
    "state wrong in both": (zeros(2, 3), zeros(7, 5)),
    "all wrong": (zeros(2, 9), zeros(7, 5)),
    "state 1-D for a batch": (zeros(2, 3), zeros(4)),
    "state 1-D as long as the batch": (zeros(4, 3), zeros(4)),
    "state 2-D, unbatched": (zeros(3), zeros(1, 4)),
    "float64": (zeros(2, 3, dtype=torch.float64),),
    "int64": (zeros(2, 3, dtype=torch.int64),),
    "state float64": (zeros(2, 3), zeros(2, 4, dtype=torch.float64)),
    "other device": (zeros(2, 3, device="meta"),),
}

#: What PyTorch 2.15 says of these; 2.13 took one size for another.
NEW_WORDS = {
    case: f"Expected 2D hidden0 (batch x hidden_size), but got {dims}D tensor"
    for case, dims in [
        ("state 1-D for a batch", 1),
        ("state 1-D as long as the batch", 1),
        ("state 2-D, unbatched", 3),
    ]
}


@each_cell
@pytest.mark.parametrize("case", CELL)
def test_cell(kind: str, case: str) -> None:
    inputs = CELL[case][:1] + tuple(state_for(kind, h) for h in CELL[case][1:])
    theirs = outcome(lambda: getattr(nn, kind)(3, 4)(*inputs))
    assert theirs[0] != "nothing"
    if case in NEW_WORDS and torch.__version__ < (2, 15):
        theirs = "RuntimeError", NEW_WORDS[case]
    assert outcome(lambda: getattr(rnnlib, kind)(3, 4)(*inputs)) == theirs


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (2, 5)])
def test_unknown_nonlinearity_of_a_cell(shape: tuple[int, ...]) -> None:
    theirs = outcome(lambda: nn.RNNCell(3, 4, nonlinearity="gelu")(zeros(shape)))
    assert theirs[0] != "nothing"
    assert outcome(lambda: rnnlib.RNNCell(3, 4, nonlinearity="gelu")(zeros(shape))) == theirs


@pytest.mark.parametrize(
    "state",
    [
        (zeros(2, 4),),
        (zeros(2, 4),) * 3,
        (zeros(2, 4), zeros(2, 5)),
        (zeros(2, 4), zeros(3, 4)),
        (zeros(2, 4), zeros(1, 2, 4)),
    ],
    ids=lambda state: " ".join(str(tuple(h.shape)) for h in state),
)
def test_state_of_an_lstm_cell(state: Any) -> None:
    theirs = outcome(lambda: nn.LSTMCell(3, 4)(zeros(2, 3), state))
    assert theirs[0] != "nothing"
    assert outcome(lambda: rnnlib.LSTMCell(3, 4)(zeros(2, 3), state)) == theirs


def test_a_list_is_a_state_too() -> None:
    for shape in (3,), (2, 3):
        x, state = torch.randn(shape), list(torch.randn(2, *shape[:-1], 4))
        mine, reference = rnnlib.LSTMCell(3, 4), nn.LSTMCell(3, 4)
        mine.load_state_dict(reference.state_dict())
        torch.testing.assert_close(mine(x, state), reference(x, state))


@each_cell
@pytest.mark.parametrize(
    ("args", "options"),
    [((), {}), ((3,), {}), ((3, -1), {}), ((3, 4.0), {}), ((3, 4), {"size": 1}), (("3", 4), {})],
    ids=str,
)
def test_cell_constructor(kind: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    theirs = outcome(lambda: getattr(nn, kind)(*args, **options))
    assert theirs[0] != "nothing"
    assert outcome(lambda: getattr(rnnlib, kind)(*args, **options)) == theirs


def test_unknown_backend_is_refused_at_once_and_later() -> None:
    message = (
        r"^Unknown backend 'lop'\. Select from 'auto', 'loop', 'bptt', 'onednn', 'compile', "
        r"'graph', 'triton', 'group'\.$"
    )
    with pytest.raises(ValueError, match=message):
        rnnlib.RNN(3, 4, backend="lop")
    rnn = rnnlib.RNN(3, 4)
    rnn.backend = "lop"
    with pytest.raises(ValueError, match=message):
        rnn(zeros(2, 2, 3))
