"""A plain training loop: epochs, a progress bar, and a history to look at and to go on from.

A **batch** is a tuple ``(*inputs, target)``; the model is called with the inputs, and its
prediction goes to the loss and the metrics together with the target. If the model returns a tuple,
its first item is the prediction. Batches are anything that can be read once an epoch: a list of
such tuples or a :class:`torch.utils.data.DataLoader`.

Letters for sizes: T steps, B sequences in the batch; ``*`` stands for any further axes.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import PackedSequence
from torch.optim import Adam, Optimizer
from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook

from .cells import each

#: Inputs and a target.
Batch = tuple[Any, ...] | list[Any]
#: A loss or a metric, called with a prediction and its target.
Measure = Callable[[Any, Any], Any]

VALIDATION = "validation "  # before the name of what was measured on the validation data


@dataclass(repr=False)
class History:
    """What :func:`fit` measured, epoch by epoch; prints as a table, and shows as one in a notebook.

    ``history["loss"]`` is a list with one number an epoch, ``len(history)`` the number of epochs.

    Attributes
    ----------
    values : dict of str to list of float
        By name: ``loss``, each metric, ``gradient norm`` if gradients were clipped, and the first
        two again as ``validation loss`` and so on if there was validation data.
    seconds : list of float
        Wall time of each epoch, validation included.
    stopped : str
        Why training ended before the last epoch that was asked for, or nothing.
    checkpoint : dict
        Weights and optimizer's state after the last whole epoch, and the weights of the best one:
        what :func:`fit` needs to go on.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""
    checkpoint: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.values:
            raise KeyError(f"There is no {name!r} in this history; there is {list(self.values)}.")
        return self.values[name]

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def _watched(self) -> str:
        """Name of the loss by which an epoch is judged."""
        name = VALIDATION + "loss"
        return name if name in self.values else "loss"

    @property
    def best_epoch(self) -> int:
        """The epoch of the lowest validation loss, or loss if there is none; counted from 1.

        0 if there is no epoch with a finite loss.
        """
        losses = self.values.get(self._watched, [])
        finite = [(loss, epoch) for epoch, loss in enumerate(losses, 1) if math.isfinite(loss)]
        return min(finite)[1] if finite else 0

    @property
    def summary(self) -> str:
        """How long it took and what became of the loss, in a line; if it was stopped, in two."""
        count = f"{len(self)} epoch{'' if len(self) == 1 else 's'} in {sum(self.seconds):.1f} s"
        if len(self):
            name = self._watched
            first, last = (_short(self[name][epoch]) for epoch in (0, -1))
            count += f": {name} {first} → {last}, best in epoch {self.best_epoch}"
        return f"{count}\n{self.stopped}" if self.stopped else count

    def save(self, path: str | Path) -> None:
        """Write all of it to a file, the weights and the optimizer's state included."""
        torch.save(vars(self), path)

    @classmethod
    def load(cls, path: str | Path) -> History:
        """Read what :meth:`save` wrote. Nothing in the file is run."""
        return cls(**torch.load(path, weights_only=True, map_location="cpu"))

    def _table(self, rows: int = 12) -> list[list[str]]:
        """Heading and rows of the table: of more epochs than rows, some at even distances."""
        step = max(1, math.ceil((len(self) - 1) / (rows - 1)))
        epochs = sorted({*range(1, len(self) + 1, step), len(self)} - {0})
        table = [["epoch", *self.values]]
        for epoch in epochs:
            numbers = [_short(values[epoch - 1]) for values in self.values.values()]
            table.append([str(epoch), *numbers])
        return table

    def __repr__(self) -> str:
        return f"<History: {self.summary}>"

    def __str__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
            for row in table
        ]
        return "\n".join([self.summary, "", *lines])

    def _repr_html_(self) -> str:
        heading, *body = self._table()
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heading)
        rows = "".join(
            f'<tr><th scope="row">{epoch}</th>{"".join(f"<td>{text}</td>" for text in texts)}</tr>'
            for epoch, *texts in body
        )
        return (
            f'<table class="table rnnlib-report"><caption>{escape(self.summary)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def fit(
    model: nn.Module,
    batches: Iterable[Batch],
    loss: Measure,
    *,
    epochs: int,
    optimizer: Optimizer | None = None,
    lr: float | None = None,
    seed: int = 0,
    validation: Iterable[Batch] | None = None,
    metrics: Mapping[str, Measure] | None = None,
    clip: float | None = None,
    patience: int | None = None,
    carry_state: bool = False,
    history: History | None = None,
    progress: bool = True,
) -> History:
    """Train a model, and note how it went.

    Parameters
    ----------
    model : Module
        Called as ``model(*inputs)``. It is trained in place, in train mode, and measured in eval
        mode; afterwards it is in the mode it was in before.
    batches : iterable of tuples ``(*inputs, target)``
        Read once an epoch, on the device of the model.
    loss : callable
        ``loss(prediction, target)``, a Tensor of one number: a mean over the target's values.
    epochs : int
        The number of epochs that the history shall have at the end.
    optimizer : Optimizer, optional
        By default :class:`torch.optim.Adam` over all parameters.
    lr : float, optional
        Learning rate of that default, 1e-3 if not given.
    seed : int
        All that torch draws during epoch number e, such as dropout and the order of a DataLoader
        that has no generator of its own, follows from `seed` and e. The random state outside is
        left alone. The model's first weights were drawn before: seed those by
        :func:`torch.manual_seed`, ahead of building the model.
    validation : iterable of tuples ``(*inputs, target)``, optional
        Measured after each epoch, never trained on.
    metrics : mapping of str to callable, optional
        More to measure, by name: ``metric(prediction, target)``, a number. See :func:`accuracy`.
    clip : float, optional
        The largest norm of all gradients together; longer ones are shortened to it before each
        update. ``math.inf`` only measures: the history then has each epoch's largest norm, as it
        was before clipping, as ``gradient norm``.
    patience : int, optional
        Stop after so many epochs in a row without a lower validation loss. Whenever training
        ends, the model then gets the weights of the best epoch.
    carry_state : bool
        Whether each batch goes on from the state that the batch before it left, as batches that
        follow each other in time must: see :func:`streams`. The model is then called as
        ``model(*inputs, state)``, with None at the start of an epoch, and returns
        ``(prediction, state)``; the state is a Tensor, or for an LSTM a tuple of them. No gradient
        flows from one batch into the one before: back-propagation through time is truncated there.
    history : History, optional
        What an earlier call returned, or :meth:`History.load` read: go on from its last whole
        epoch, with the weights and the optimizer's state (its learning rate included) it had
        there, as if training had never stopped. The history is added to.
    progress : bool
        Whether to show a bar while training, and one line when it has ended.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If arguments contradict each other, there are no batches, `batches` can be read only once,
        or `history` is that of a call that measured other things.
    TypeError
        If a batch is not a tuple of inputs and a target, or with `carry_state` the model does not
        return a prediction and a state.

    Notes
    -----
    Each number of an epoch is a mean over its batches, weighted by the number of values in their
    targets. Those of training are taken while the weights change, each batch before its own
    update; those of validation at the end of the epoch. So the validation loss may well be the
    lower of the two.

    A run that is interrupted (Ctrl-C, or a notebook's stop button) ends like any other: the model
    keeps the weights it has, or with `patience` gets the best ones, and the history is returned.
    Training also ends after an epoch whose loss is not finite.

    Examples
    --------
    >>> history = fit(model, batches, F.cross_entropy, epochs=5, metrics={"accuracy": accuracy})
    >>> history["loss"][-1], history.best_epoch
    (0.41, 5)
    """
    if optimizer is not None and lr is not None:
        raise ValueError("fit() got an optimizer and lr: set the learning rate in the optimizer.")
    if patience is not None and (validation is None or patience < 1):
        raise ValueError("patience must be at least 1 epoch, and needs validation data to watch.")
    for data in (batches, validation):
        if isinstance(data, Iterator):
            raise ValueError(
                f"fit() reads its batches once an epoch, but a {type(data).__name__} can be read "
                "only once: give a list or a DataLoader."
            )
    optimizer = optimizer or Adam(model.parameters(), lr=1e-3 if lr is None else lr)
    measures = {"loss": loss, **(metrics or {})}
    names = [*measures] + (["gradient norm"] if clip is not None else [])
    names += [VALIDATION + name for name in measures] if validation is not None else []
    history = History({name: [] for name in names}) if history is None else history
    if list(history.values) != names:
        raise ValueError(
            f"The history holds {list(history.values)}, but this call measures {names}: go on "
            "with the same metrics, clip and validation, or start a new history."
        )
    if history.checkpoint:
        model.load_state_dict(history.checkpoint["model"])
        # A copy, because the optimizer goes on to write into what it is given.
        optimizer.load_state_dict(copy.deepcopy(history.checkpoint["optimizer"]))
    else:  # to start from again, should the first epoch be interrupted
        history.checkpoint = _checkpoint(model, optimizer)
    history.stopped = ""

    def update(value: Tensor) -> float:
        """Follow the gradient of the loss; return its norm if that is asked for."""
        optimizer.zero_grad()
        value.backward()
        norm = 0.0 if clip is None else clip_grad_norm_(model.parameters(), clip).item()
        optimizer.step()
        return norm

    with (
        _modes_kept(model),
        _bar(epochs, batches, history, progress) as bar,
        torch.random.fork_rng(_cuda(model)),
    ):
        try:
            while len(history) < epochs:
                if reason := _reason_to_stop(history, patience):
                    history.stopped = reason
                    break
                # Of seed and epoch alone: to go on later, no random state has to be kept.
                torch.manual_seed(_seed_of(seed, len(history)))
                start = time.perf_counter()
                bar.set_description(f"epoch {len(history) + 1} of {epochs}")
                model.train()
                found, norm = _run(model, _watched(batches, bar), measures, carry_state, update)
                if clip is not None:
                    found["gradient norm"] = norm
                if validation is not None:
                    values = evaluate(model, validation, loss, metrics, carry_state=carry_state)
                    found |= {VALIDATION + name: value for name, value in values.items()}
                _extend(history, found, time.perf_counter() - start, model, optimizer)
                bar.set_postfix({name: _short(value) for name, value in found.items()})
        except KeyboardInterrupt:
            history.stopped = f"Interrupted in epoch {len(history) + 1}."
    if patience is not None and (best := history.checkpoint.get("best")):
        model.load_state_dict(best)
    return history


def evaluate(
    model: nn.Module,
    batches: Iterable[Batch],
    loss: Measure,
    metrics: Mapping[str, Measure] | None = None,
    *,
    carry_state: bool = False,
) -> dict[str, float]:
    """Measure a model, in eval mode and without gradients.

    Parameters
    ----------
    model, batches, loss, metrics, carry_state
        As for :func:`fit`.

    Returns
    -------
    dict of str to float
        ``loss`` and each metric: means over the batches, weighted by the number of values in
        their targets.

    Raises
    ------
    ValueError, TypeError
        As :func:`fit`.
    """
    with _modes_kept(model), torch.no_grad():
        model.eval()
        return _run(model, batches, {"loss": loss, **(metrics or {})}, carry_state)[0]


def accuracy(prediction: Tensor, target: Tensor) -> float:
    """Share of right answers.

    Parameters
    ----------
    prediction : Tensor of shape (*, C)
        A score for each of C classes.
    target : int64 Tensor of shape (*)
        The right class.

    Returns
    -------
    float
        From 0 to 1.
    """
    return (prediction.argmax(-1) == target).double().mean().item()


def streams(sequence: Tensor, batch_size: int, steps: int) -> list[tuple[Tensor, Tensor]]:
    """Cut one long sequence into batches that follow each other in time, for ``carry_state``.

    The sequence is cut into B streams of equal length, which are read side by side. Row b of a
    batch goes on where row b of the batch before it ended; what is left over at the end of the
    sequence is dropped.

    Parameters
    ----------
    sequence : Tensor of shape (N, *)
        Such as the characters of a text, as int64.
    batch_size : int
        B, the number of streams.
    steps : int
        T, the steps of a batch: how far gradients flow back. The last batch may have fewer.

    Returns
    -------
    list of tuples (x, y) of Tensors of shape (T, B, *)
        Time first. y is the sequence one step later: what is to be predicted.

    Raises
    ------
    ValueError
        If the sequence is too short to give each stream one step and the next.

    Examples
    --------
    >>> for x, y in streams(torch.arange(9), batch_size=2, steps=2):
    ...     print(x.tolist(), y.tolist())
    [[0, 4], [1, 5]] [[1, 5], [2, 6]]
    [[2, 6]] [[3, 7]]
    """
    if batch_size < 1 or steps < 1 or len(sequence) < 2 * batch_size:
        raise ValueError(
            f"streams() cannot cut {len(sequence)} steps into {batch_size} streams in batches of "
            f"{steps}: each stream needs at least 2 steps."
        )
    length = len(sequence) // batch_size
    side_by_side = sequence[: length * batch_size].unflatten(0, (batch_size, length))  # (B, N/B, *)
    time_first = side_by_side.transpose(0, 1)  # (N/B, B, *)
    x, y = time_first[:-1].split(steps), time_first[1:].split(steps)
    return list(zip(x, y, strict=True))


def _run(
    model: nn.Module,
    batches: Iterable[Batch],
    measures: Mapping[str, Measure],
    carry_state: bool,
    update: Callable[[Tensor], float] | None = None,
) -> tuple[dict[str, float], float]:
    """Go through all batches once; return the mean of each measure, and the largest norm."""
    totals = dict.fromkeys(measures, 0.0)
    count, norm, state = 0, 0.0, None
    for batch in batches:
        if type(batch) not in (tuple, list) or len(batch) < 2:
            raise TypeError(
                "A batch must be a tuple (*inputs, target), but got "
                f"{_describe(batch)}: give the target with the inputs."
            )
        *inputs, y = batch
        result = model(*inputs, state) if carry_state else model(*inputs)
        prediction = result[0] if type(result) is tuple else result
        if carry_state:
            if type(result) is not tuple or len(result) != 2:
                raise TypeError(
                    "With carry_state the model must return (prediction, state), but returned "
                    f"{_describe(result)}."
                )
            state = each(Tensor.detach, result[1])  # the next batch's gradients end here
        value = measures["loss"](prediction, y)
        if update is not None:
            norm = max(norm, update(value))
        size = y.data.numel() if isinstance(y, Tensor | PackedSequence) else 1
        count += size
        with torch.no_grad():
            for name, measure in measures.items():
                number = value if name == "loss" else measure(prediction, y)
                totals[name] += float(number) * size
    if count == 0:
        raise ValueError("There is nothing to learn from: no batches, or only empty ones.")
    return {name: total / count for name, total in totals.items()}, norm


def _reason_to_stop(history: History, patience: int | None) -> str:
    """Say why there should be no further epoch, or nothing."""
    if not len(history):
        return ""
    if not math.isfinite(loss := history["loss"][-1]):
        return f"Stopped: the loss is {loss}."
    if patience is not None and len(history) - history.best_epoch >= patience:
        return f"Stopped: no lower validation loss for {patience} epochs."
    return ""


def _extend(
    history: History,
    found: dict[str, float],
    seconds: float,
    model: nn.Module,
    optimizer: Optimizer,
) -> None:
    """Add an epoch's numbers to the history, and what it takes to go on after it."""
    values = {name: [*history[name], value] for name, value in found.items()}
    longer = History(values, [*history.seconds, seconds])
    longer.checkpoint = _checkpoint(model, optimizer)
    is_best = longer.best_epoch == len(longer)
    best = longer.checkpoint["model"] if is_best else history.checkpoint.get("best")
    longer.checkpoint["best"] = best
    vars(history).update(vars(longer))  # at one stroke, or Ctrl-C might fall in between


def _checkpoint(model: nn.Module, optimizer: Optimizer) -> dict[str, Any]:
    """Copy what it takes to go on from here."""
    return copy.deepcopy({"model": model.state_dict(), "optimizer": optimizer.state_dict()})


@contextmanager
def _modes_kept(model: nn.Module) -> Iterator[None]:
    """Leave each module in the mode it was in, train or eval."""
    before = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


def _seed_of(seed: int, epoch: int) -> int:
    """Mix both, so that no two pairs of them give the same numbers."""
    return int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0])


def _cuda(model: nn.Module) -> list[torch.device]:
    """The GPUs whose random state training may change."""
    return list({p.device for p in model.parameters() if p.device.type == "cuda"})


@contextmanager
def _bar(
    epochs: int, batches: Iterable[Batch], history: History, progress: bool
) -> Iterator[tqdm[Any]]:
    """Show a bar that counts batches; when training has ended, put one line in its place."""
    size = len(batches) if isinstance(batches, Sized) else None
    options: dict[str, Any] = {
        "unit": "batch",
        "leave": False,
        "dynamic_ncols": True,
        "disable": not progress,
    }
    if size is not None:
        options |= {"total": epochs * size, "initial": len(history) * size}
    in_notebook = progress and issubclass(tqdm, tqdm_notebook)
    if not in_notebook:
        with tqdm(**options) as bar:
            yield bar
        if progress:
            print(history.summary)
        return
    from IPython.display import display

    with tqdm(**options, display=False) as bar:
        # Under an id of our own, so that the line can replace it in a published page as well.
        shown = display(bar.container, display_id=True)  # type: ignore[attr-defined]
        yield bar
    shown.update({"text/plain": history.summary}, raw=True)


def _watched(batches: Iterable[Batch], bar: tqdm[Any]) -> Iterator[Batch]:
    """The batches, each counted by the bar when it is done."""
    for batch in batches:
        yield batch
        bar.update()


def _short(number: float) -> str:
    return f"{number:.4g}"


def _describe(value: object) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    items = f" of {len(value)}" if isinstance(value, tuple | list) else ""
    return f"a {type(value).__name__}{items}"
