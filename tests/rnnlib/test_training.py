"""fit() against a loop written out, its promises one by one, and its output in a notebook."""

from __future__ import annotations

import copy
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from nbclient import NotebookClient
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.utils.data import DataLoader, TensorDataset

import rnnlib
from rnnlib.training import History, accuracy, evaluate, fit, streams

I, H, C = 3, 6, 3


class Classifier(nn.Module):
    """Reads sequences, scores classes from the last state. With dropout, so that seeds matter."""

    def __init__(self, kind: str = "RNN") -> None:
        super().__init__()
        self.rnn = getattr(rnnlib, kind)(I, H)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(H, C)

    def forward(self, x: Tensor | PackedSequence) -> Tensor:
        h_n = self.rnn(x)[1]
        h = h_n[0] if isinstance(h_n, tuple) else h_n
        scores: Tensor = self.head(self.dropout(h[0]))
        return scores


class Predictor(nn.Module):
    """Reads (T, B, I) and a state, predicts at each step, hands the state on."""

    def __init__(self, kind: str = "RNN") -> None:
        super().__init__()
        self.rnn = getattr(rnnlib, kind)(I, H)
        self.head = nn.Linear(H, I)
        self.seen: list[Any] = []

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        self.seen.append(state)
        output, state = self.rnn(x, state)
        return self.head(output), state


def make(kind: type = Classifier, *args: Any) -> Any:
    torch.manual_seed(0)
    return kind(*args)


def data(n: int = 24, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(7, n, I, generator=generator)  # (T, B, I)
    return x, (x[:, :, 0].sum(0) > 0).long() + (x[:, :, 1].sum(0) > 0).long()


def batches(sizes: tuple[int, ...] = (10, 10, 4), seed: int = 1) -> list[tuple[Tensor, Tensor]]:
    x, y = data(sum(sizes), seed)
    return list(zip(x.split(list(sizes), dim=1), y.split(list(sizes)), strict=True))


def shuffled() -> DataLoader[Any]:
    x, y = data()
    dataset = TensorDataset(x.transpose(0, 1), y)
    return DataLoader(dataset, batch_size=8, shuffle=True, collate_fn=time_first)


def time_first(items: list[Any]) -> tuple[Tensor, Tensor]:
    x, y = zip(*items, strict=True)
    return torch.stack(x, 1), torch.stack(y)


def quietly(model: nn.Module, data: Any = None, **options: Any) -> History:
    given = {"epochs": 3, "lr": 0.01, "progress": False, **options}
    return fit(model, batches() if data is None else data, F.cross_entropy, **given)


def same_weights(a: nn.Module | dict[str, Tensor], b: nn.Module) -> bool:
    weights = a.state_dict() if isinstance(a, nn.Module) else a
    return all(torch.equal(weights[name], tensor) for name, tensor in b.state_dict().items())


# What it computes


def test_it_is_the_loop_that_one_would_write() -> None:
    model, by_hand = make().eval(), make().eval()
    for m in (model, by_hand):
        m.dropout.p = 0.0
    history = quietly(model, clip=0.5, metrics={"accuracy": accuracy})

    optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.01)
    for epoch in range(3):
        losses, right, norms = [], [], []
        for x, y in batches():
            optimizer.zero_grad()
            scores = by_hand(x)
            loss = F.cross_entropy(scores, y)
            loss.backward()
            norms.append(nn.utils.clip_grad_norm_(by_hand.parameters(), 0.5).item())
            optimizer.step()
            losses.append(loss.item() * len(y))
            right.append((scores.argmax(1) == y).sum().item())
        assert history["loss"][epoch] == pytest.approx(sum(losses) / 24, rel=1e-12)
        assert history["accuracy"][epoch] == pytest.approx(sum(right) / 24, rel=1e-12)
        assert history["gradient norm"][epoch] == pytest.approx(max(norms), rel=1e-12)
    assert same_weights(model, by_hand)
    assert len(history) == len(history.seconds) == 3


def test_packed_batches_and_several_inputs() -> None:
    generator = torch.Generator().manual_seed(0)
    sequences = [torch.randn(n, I, generator=generator) for n in (5, 2, 7, 4)]
    y = torch.tensor([0, 1, 2, 0])
    history = quietly(make(), [(pack_sequence(sequences, enforce_sorted=False), y)], epochs=40)
    assert history["loss"][-1] < history["loss"][0] / 2

    class TwoInputs(Classifier):
        def forward(self, x: Tensor, lengths: Tensor) -> Tensor:  # type: ignore[override]
            packed = rnnlib.packing.pack_padded_sequence(x, lengths, enforce_sorted=False)
            return super().forward(packed)

    padded, lengths = rnnlib.packing.pad_sequence(sequences), torch.tensor([5, 2, 7, 4])
    same = quietly(make(TwoInputs), [(padded, lengths, y)], epochs=40)
    assert same["loss"] == pytest.approx(history["loss"], rel=1e-4)


def test_validation_is_in_eval_mode_and_teaches_nothing() -> None:
    with_it, without = make(), make()
    held_out = batches((6, 2), seed=2)
    history = quietly(with_it, validation=held_out, metrics={"accuracy": accuracy})
    quietly(without)
    assert same_weights(with_it, without)
    expected = evaluate(with_it, held_out, F.cross_entropy, {"accuracy": accuracy})
    assert with_it.training
    assert history["validation loss"][-1] == expected["loss"]
    assert history["validation accuracy"][-1] == expected["accuracy"]
    x, y = (torch.cat(parts, dim) for parts, dim in zip(zip(*held_out, strict=True), (1, 0)))  # noqa: B905
    with torch.no_grad():
        whole = F.cross_entropy(with_it.eval()(x), y).item()
    assert expected["loss"] == pytest.approx(whole, rel=1e-6)  # batches of 6 and 2, by weight


def test_the_mode_of_the_model_is_put_back() -> None:
    model = make().eval()
    seen = []
    model.register_forward_hook(lambda *_: seen.append(model.training))
    quietly(model, epochs=1, validation=batches((4,)))
    assert seen == [True, True, True, False]
    assert not model.training


def test_a_part_that_was_in_eval_mode_is_so_again() -> None:
    model = make()
    model.dropout.eval()
    evaluate(model, batches((4,)), F.cross_entropy)
    quietly(model, epochs=1)
    assert model.training
    assert model.rnn.training
    assert not model.dropout.training


def test_infinite_clip_measures_and_leaves_alone() -> None:
    measured, plain = make(), make()
    history = quietly(measured, clip=math.inf)
    quietly(plain)
    assert same_weights(measured, plain)
    assert all(norm > 0 for norm in history["gradient norm"])


# Reproducible


def test_same_seed_same_history_bit_for_bit() -> None:
    first, second, other = make(), make(), make()
    torch.manual_seed(11)
    a = quietly(first, shuffled(), seed=5)
    torch.manual_seed(12)
    b = quietly(second, shuffled(), seed=5)
    assert a.values == b.values
    assert same_weights(first, second)
    assert quietly(other, shuffled(), seed=6).values != a.values


def test_the_random_state_outside_is_left_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    quietly(make_without_seeding(), shuffled())
    assert torch.equal(torch.rand(4), expected)


def make_without_seeding() -> Classifier:
    with torch.random.fork_rng():
        return Classifier()


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.SGD])
@pytest.mark.parametrize("patience", [None, 4])
def test_going_on_is_as_never_having_stopped(
    kind: Callable[..., Any], patience: int | None, tmp_path: Path
) -> None:
    """In one go; in two with the objects at hand; in two with a file between new objects."""
    options: dict[str, Any] = {
        "lr": None,
        "validation": batches((8,), seed=2),
        "patience": patience,
        "clip": 1.0,
    }

    def optimizer(model: nn.Module) -> Any:
        more = {"momentum": 0.9} if kind is torch.optim.SGD else {}
        return kind(model.parameters(), lr=0.05, **more)

    whole = make()
    expected = quietly(whole, shuffled(), epochs=7, optimizer=optimizer(whole), **options)

    model = make()
    adam = optimizer(model)
    history = quietly(model, shuffled(), epochs=3, optimizer=adam, **options)
    history.save(tmp_path / "history.pt")
    again = quietly(model, shuffled(), epochs=7, optimizer=adam, history=history, **options)
    assert again is history
    assert again.values == expected.values
    assert same_weights(model, whole)

    read = History.load(tmp_path / "history.pt")
    assert len(read) == 3
    fresh = Classifier()
    quietly(fresh, shuffled(), epochs=7, optimizer=optimizer(fresh), history=read, **options)
    assert read.values == expected.values
    assert read.best_epoch == expected.best_epoch
    assert same_weights(fresh, whole)


def test_a_finished_run_is_not_gone_on_with() -> None:
    model = make()
    history = quietly(model)
    before = copy.deepcopy(history.values)
    assert quietly(model, history=history).values == before


# Stopping


class Scripted(nn.Module):
    """A model whose validation loss follows a script: its weight counts the epochs."""

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.losses = losses

    def forward(self, x: Tensor) -> Tensor:
        return self.weight + 0 * x


class Count(torch.optim.SGD):
    """Adds 1 to each weight at each step."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.data += 1


def scripted(losses: list[float], **options: Any) -> tuple[Scripted, History]:
    model = Scripted(losses)

    def loss(prediction: Tensor, y: Tensor) -> Tensor:
        if model.training:
            return prediction.sum()
        return torch.tensor(losses[int(prediction.item()) - 1])

    one = [(torch.zeros(1), torch.zeros(1))]
    given: dict[str, Any] = {"epochs": len(losses), "progress": False, **options}
    history = fit(model, one, loss, optimizer=Count([model.weight]), validation=one, **given)
    return model, history


def test_early_stop_gives_back_the_best_weights() -> None:
    losses = [5.0, 3.0, 4.0, 2.0, 2.5, 2.0, 3.0, 1.0]
    model, history = scripted(losses, patience=3)
    assert history["validation loss"] == losses[:7]  # a tie is not better
    assert history.best_epoch == 4
    assert model.weight.item() == 4
    assert history.stopped == "Stopped: no lower validation loss for 3 epochs."
    model, history = scripted(losses[:6], patience=3)
    assert not history.stopped  # it was over anyway, and the best weights are given back
    assert model.weight.item() == 4


def test_without_patience_the_last_weights_stay() -> None:
    model, history = scripted([5.0, 3.0, 4.0])
    assert history.best_epoch == 2
    assert model.weight.item() == 3


def test_a_nan_is_no_best_epoch() -> None:
    model, history = scripted([math.nan, 3.0, math.nan, 4.0], patience=5)
    assert history.best_epoch == 2
    assert model.weight.item() == 2
    assert scripted([math.nan])[1].best_epoch == 0


def test_a_loss_that_is_not_finite_ends_training() -> None:
    model = make()
    history = fit(
        model,
        batches((4,)),
        lambda prediction, y: prediction.sum() * math.inf,
        epochs=9,
        progress=False,
    )
    assert len(history) == 1
    assert "the loss is" in history.stopped


def interrupted_at(number: int) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss that is interrupted the `number`-th time."""
    calls = 0

    def loss(prediction: Tensor, y: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if calls == number:
            raise KeyboardInterrupt
        return F.cross_entropy(prediction, y)

    return loss


@given(at=st.integers(1, 14))
def test_an_interrupt_keeps_what_there_is(at: int) -> None:
    """After `at` losses, in training (three an epoch) or in validation (one an epoch)."""
    loss = interrupted_at(at)
    options: dict[str, Any] = {"epochs": 3, "lr": 0.01, "validation": batches((5,))}
    model = make()
    history = fit(model, batches(), loss, **options, progress=False)
    assert len(history) == min((at - 1) // 4, 3)
    assert bool(history.stopped) == (at <= 12)
    assert same_weights(model, make()) == (at == 1)  # what was learned before it is kept
    assert model.training

    whole = make()
    expected = fit(whole, batches(), F.cross_entropy, **options, progress=False)
    fresh = make()
    fit(fresh, batches(), F.cross_entropy, **options, history=history, progress=False)
    assert history.values == expected.values
    assert same_weights(fresh, whole)


@pytest.mark.parametrize("at", [2, 5])
def test_going_on_with_the_same_model_after_an_interrupt(at: int) -> None:
    """Also of the first epoch, of which no whole one is left: it starts again where it started."""
    loss = interrupted_at(at)
    model, whole = make(), make()
    history = fit(model, batches(), loss, epochs=3, progress=False)
    assert history.stopped
    fit(model, batches(), loss, epochs=3, history=history, progress=False)
    expected = fit(whole, batches(), F.cross_entropy, epochs=3, progress=False)
    assert history.values == expected.values
    assert same_weights(model, whole)


def test_ctrl_c_in_a_script(tmp_path: Path) -> None:
    """The real signal: a line says what happened, the program goes on."""
    script = tmp_path / "train.py"
    script.write_text(
        "import signal, torch\n"
        # A shell starts what runs in the background with this signal ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from torch import nn\n"
        "from rnnlib.training import fit\n"
        "def loss(prediction, y):\n"
        "    print('learning', flush=True)\n"
        "    return prediction.sum()\n"
        "batch = [(torch.zeros(1, 1), torch.zeros(1))]\n"
        "history = fit(nn.Linear(1, 1), batch, loss, epochs=10**9)\n"
        "print('kept', len(history), len(history['loss']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    for _ in range(3):
        assert process.stdout.readline() == "learning\n"
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert "Traceback" not in err
    *_, stopped, kept = out.strip().splitlines()
    assert stopped.startswith("Interrupted in epoch ")
    _, epochs, losses = kept.split()
    assert epochs == losses
    assert int(epochs) >= 2


# Truncated back-propagation


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_carried_state_is_handed_on_and_cut(kind: str) -> None:
    sequence = torch.randn(41, I, generator=torch.Generator().manual_seed(0))
    pieces = streams(sequence, batch_size=2, steps=5)
    model, by_hand = make(Predictor, kind), make(Predictor, kind)
    history = fit(
        model,
        pieces,
        F.mse_loss,
        epochs=2,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        carry_state=True,
        progress=False,
    )
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1)
    for epoch in range(2):
        state, total = None, 0.0
        for x, y in pieces:
            optimizer.zero_grad()
            prediction, state = by_hand(x, state)
            loss = F.mse_loss(prediction, y)
            loss.backward()
            optimizer.step()
            total += loss.item() * y.numel()
            state = tuple(h.detach() for h in state) if kind == "LSTM" else state.detach()
        expected = total / sum(y.numel() for _, y in pieces)
        assert history["loss"][epoch] == pytest.approx(expected, rel=1e-12)
    assert same_weights(model, by_hand)

    first, *later = model.seen[: len(pieces)]
    assert first is None
    assert model.seen[len(pieces)] is None  # each epoch starts anew
    for state in later:
        parts = state if kind == "LSTM" else (state,)
        assert all(not h.requires_grad and h.shape == (1, 2, H) for h in parts)


def test_state_is_reset_unless_it_is_to_be_carried() -> None:
    model = make(Predictor)
    pieces = streams(torch.randn(20, I), batch_size=2, steps=3)
    fit(model, pieces, F.mse_loss, epochs=1, progress=False, validation=pieces)
    assert model.seen == [None] * 2 * len(pieces)


def test_carried_in_validation_too() -> None:
    """Pieces of any size measure what the whole sequence in one piece does."""
    model = make(Predictor)
    sequence = torch.randn(60, I, generator=torch.Generator().manual_seed(0))
    whole = evaluate(model, streams(sequence, 3, 99), F.mse_loss, carry_state=True)
    pieces = evaluate(model, streams(sequence, 3, 4), F.mse_loss, carry_state=True)
    reset = evaluate(model, streams(sequence, 3, 4), F.mse_loss)
    assert pieces["loss"] == pytest.approx(whole["loss"], rel=1e-6)
    assert reset["loss"] != pytest.approx(whole["loss"], rel=1e-6)


@given(n=st.integers(2, 60), batch_size=st.integers(1, 5), steps=st.integers(1, 8))
def test_streams_go_on_where_they_ended(n: int, batch_size: int, steps: int) -> None:
    sequence = torch.arange(n)
    if n < 2 * batch_size:
        with pytest.raises(ValueError, match="each stream needs at least 2 steps"):
            streams(sequence, batch_size, steps)
        return
    pieces = streams(sequence, batch_size, steps)
    x, y = (torch.cat(parts) for parts in zip(*pieces, strict=True))  # (T, B)
    assert torch.equal(y, x + 1)
    assert torch.equal(x[1:], y[:-1])
    each = n // batch_size
    assert x.shape == (each - 1, batch_size)
    assert x[0].tolist() == list(range(0, batch_size * each, each))
    assert all(len(x) == steps for x, _ in pieces[:-1])
    assert 1 <= len(pieces[-1][0]) <= steps


# Bad input


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"optimizer": "adam"}, ValueError, "set the learning rate in the optimizer"),
        ({"patience": 2}, ValueError, "needs validation data"),
        ({"patience": 0, "validation": [1]}, ValueError, "at least 1 epoch"),
        ({"data": []}, ValueError, "nothing to learn from"),
        ({"data": iter([])}, ValueError, "list_iterator can be read only once"),
        ({"validation": iter([])}, ValueError, "can be read only once"),
        ({"data": [torch.zeros(2, 3)]}, TypeError, r"got a tensor of shape \(2, 3\)"),
        ({"data": [(torch.zeros(2, 3),)]}, TypeError, "got a tuple of 1"),
        ({"data": [pack_sequence([torch.zeros(2, 3)])]}, TypeError, "got a PackedSequence"),
        ({"carry_state": True, "data": [(torch.zeros(1),) * 2]}, TypeError, "takes|must return"),
    ],
)
def test_bad_input_is_named(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        quietly(make(), **options)


def test_a_model_without_a_state_cannot_carry_it() -> None:
    class Stateless(nn.Linear):
        def forward(self, x: Tensor, state: Any = None) -> Tensor:
            return super().forward(x)

    with pytest.raises(TypeError, match=r"must return \(prediction, state\), but returned a tens"):
        quietly(Stateless(1, 1), [(torch.zeros(2, 1), torch.zeros(2, 1))], carry_state=True)


def test_a_history_of_other_measures_is_refused() -> None:
    model = make()
    history = quietly(model)
    with pytest.raises(ValueError, match=r"holds \['loss'\].*measures \['loss', 'accuracy'\]"):
        quietly(model, history=history, metrics={"accuracy": accuracy}, epochs=5)
    with pytest.raises(KeyError, match="no 'los' in this history"):
        history["los"]


# What is seen


def test_history_prints_as_a_table() -> None:
    history = History({"loss": [float(n) for n in range(30, 0, -1)]}, [0.1] * 30)
    summary, empty, heading, *rows = str(history).splitlines()
    assert summary == "30 epochs in 3.0 s: loss 30 → 1, best in epoch 30"
    assert empty == ""
    assert heading.split() == ["epoch", "loss"]
    assert len(rows) <= 12
    assert rows[0].split() == ["1", "30"]
    assert rows[-1].split() == ["30", "1"]
    assert "<caption>30 epochs" in history._repr_html_()
    assert str(History({"loss": []})).splitlines()[0] == "0 epochs in 0.0 s"


def test_a_terminal_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    fit(make(), batches(), F.cross_entropy, epochs=2)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert out.startswith("2 epochs in ")
    assert err.endswith("\r")  # the bar has wiped itself out
    quietly(make())
    assert capsys.readouterr() == ("", "")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """Outputs of a cell that trains, run as the book runs it."""
    cell = """
import torch
from torch import nn
from rnnlib.training import fit
data = [(torch.ones(4, 1), torch.zeros(4, 1))] * 3
print("before")
history = fit(nn.Linear(1, 1), data, nn.functional.mse_loss, epochs=3)
"""
    os.environ["IPYTHONDIR"] = str(tmp_path_factory.mktemp("ipython"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    yield notebook.cells[0].outputs
    del os.environ["IPYTHONDIR"]


def test_a_page_keeps_the_summary_only(outputs: list[Any]) -> None:
    before, summary = outputs
    assert before["text"] == "before\n"
    assert list(summary["data"]) == ["text/plain"]  # no widget: a page could not show it
    assert summary["data"]["text/plain"].startswith("3 epochs in ")
