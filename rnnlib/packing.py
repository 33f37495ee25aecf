"""Sequences of different lengths: padding them to one tensor, packing them without padding.

Everything here is equal to :mod:`torch.nn.utils.rnn` in values, types, gradients and errors, and
is written with one idea: a mask that is true where a sequence still has a step.

Letters for sizes: B sequences, T steps of the longest, N steps of all together; ``*`` stands for
any further axes, which may also be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence


def length_mask(
    lengths: Tensor | Sequence[int], max_length: int | None = None, batch_first: bool = False
) -> Tensor:
    """Mark which entries of a padded batch belong to a sequence.

    Parameters
    ----------
    lengths : integer Tensor of shape (B,), or sequence of int
        Steps of each sequence.
    max_length : int, optional
        T, the steps of the padded batch; those of the longest sequence if not given.
    batch_first : bool
        Whether the padded batch is (B, T, ...) and not (T, B, ...).

    Returns
    -------
    bool Tensor of shape (T, B), or (B, T)
        True at (t, b) if sequence b has more than t steps.

    Examples
    --------
    >>> length_mask([1, 3], batch_first=True)
    tensor([[ True, False, False],
            [ True,  True,  True]])
    """
    if not isinstance(lengths, Tensor):
        lengths = torch.as_tensor(lengths)
    if max_length is None:
        max_length = int(lengths.max()) if len(lengths) else 0
    mask = torch.arange(max_length, device=lengths.device)[:, None] < lengths  # (T, B)
    return mask.T if batch_first else mask


def sequence_lengths(batch_sizes: Tensor) -> Tensor:
    """Count the steps of each packed sequence, the longest first.

    Parameters
    ----------
    batch_sizes : int64 Tensor of shape (T,)
        How many sequences are running at each time.

    Returns
    -------
    int64 Tensor of shape (B,)
        At how many times more than b sequences are running.
    """
    return length_mask(batch_sizes, int(batch_sizes[0])).sum(1)  # (B, T) -> (B)


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Put sequences side by side in one tensor, the shorter ones filled up.

    Parameters
    ----------
    sequences : iterable of Tensors of shape (length, *)
        Only the lengths may differ. The result has the dtype and device of the first.
    batch_first : bool
        Whether the result is (B, T, *) and not (T, B, *).
    padding_value : float
        What to fill up with.
    padding_side : {'right', 'left'}
        Whether to fill up after the end or before the start.

    Returns
    -------
    Tensor of shape (T, B, *), or (B, T, *)

    Raises
    ------
    RuntimeError
        If `sequences` is empty or no iterable, `padding_side` is unknown, or the further axes of
        the sequences differ; with the text of :func:`torch.nn.utils.rnn.pad_sequence`.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    sequences = tuple(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    for i, sequence in enumerate(sequences):
        if not isinstance(sequence, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type(sequence).__name__}"
            )
    lengths = [sequence.size(0) for sequence in sequences]
    shape = (len(sequences), max(lengths), *sequences[0].shape[1:])  # (B, T, *)
    padded = sequences[0].new_full(shape, padding_value)
    for b, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        start = shape[1] - length if padding_side == "left" else 0
        padded[b, start : start + length].copy_(sequence)
    return padded if batch_first else padded.transpose(0, 1)


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Leave the padding out: all first steps, then all second steps, and so on.

    Parameters
    ----------
    input : Tensor of shape (T, B, *), or (B, T, *) if batch_first
        A batch padded after the end.
    lengths : Tensor of shape (B,) on the CPU, or sequence of int
        Steps of each sequence, each at least 1.
    batch_first : bool
        Whether `input` is (B, T, *).
    enforce_sorted : bool
        Whether to insist that the sequences come longest first. If not, they are sorted here,
        and the result remembers the order they had.

    Returns
    -------
    PackedSequence
        ``data`` of shape (N, *), ``batch_sizes`` of shape (T,): how many sequences are running
        at each time; ``sorted_indices`` and ``unsorted_indices`` of shape (B,), or None.

    Raises
    ------
    RuntimeError
        With the text of :func:`torch.nn.utils.rnn.pack_padded_sequence`: if `input` is empty, or
        the lengths are not one positive number a sequence, or not sorted as demanded. Also, with
        a text of its own, if a length is more than T: PyTorch then returns a PackedSequence whose
        ``batch_sizes`` promise more rows than its data has.
    """
    if not isinstance(lengths, Tensor):
        lengths = torch.as_tensor(lengths, device="cpu")
    lengths = lengths.to(torch.int64)
    order = None
    if not enforce_sorted:
        lengths, order = lengths.sort(descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    _check_packing(input, lengths, batch_first)

    x = input.transpose(0, 1) if batch_first else input  # (T, B, *)
    mask = length_mask(lengths)  # (T, B), the T of the longest
    batch_sizes = mask.sum(1)  # (T)
    return PackedSequence(x[: len(mask)][mask.to(x.device)], batch_sizes, order)  # (N, *)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo :func:`pack_padded_sequence`.

    Parameters
    ----------
    sequence : PackedSequence
        With data of shape (N, *).
    batch_first : bool
        Whether the result is (B, T, *) and not (T, B, *).
    padding_value : float
        What to fill up with.
    total_length : int, optional
        T of the result, if it is to be more than the longest sequence has.

    Returns
    -------
    padded : Tensor of shape (T, B, *), or (B, T, *)
        The sequences in the order they had before they were packed.
    lengths : int64 Tensor of shape (B,) on the CPU

    Raises
    ------
    ValueError
        If `total_length` is less than the longest sequence has.
    """
    data, batch_sizes, _, back = sequence
    T = longest = len(batch_sizes)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in "
                f"input, but got total_length={total_length} and max sequence length being "
                f"{longest}"
            )
        T = total_length
    lengths = sequence_lengths(batch_sizes)  # (B)
    mask = length_mask(lengths, T).to(data.device)  # (T, B)
    padded = data.new_full((*mask.shape, *data.shape[1:]), padding_value)
    padded[mask] = data
    if back is not None:
        padded, lengths = padded.index_select(1, back), lengths[back.cpu()]
    return padded.transpose(0, 1) if batch_first else padded, lengths


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences that are not padded yet.

    Parameters
    ----------
    sequences : sequence of Tensors of shape (length, *)
        Only the lengths may differ.
    enforce_sorted : bool
        Whether to insist that they come longest first.

    Returns
    -------
    PackedSequence
        As of :func:`pack_padded_sequence`.

    Raises
    ------
    RuntimeError
        As :func:`pad_sequence` and :func:`pack_padded_sequence`.
    """
    lengths = [sequence.size(0) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """Undo :func:`pad_sequence`.

    Parameters
    ----------
    padded_sequences : Tensor of shape (T, B, *), or (B, T, *) if batch_first
        Left as it is. (:func:`torch.nn.utils.rnn.unpad_sequence` turns its argument round in
        place, unless it is batch first, so that a second call gives something else.)
    lengths : integer Tensor of shape (B,)
    batch_first : bool

    Returns
    -------
    list of B Tensors of shape (length, *)
        Copies, not views.

    Raises
    ------
    ValueError
        If there is not one length a sequence.
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)  # (B, T, *)
    masks = length_mask(lengths, rows.shape[1], batch_first=True)  # (B, T)
    return [row[mask] for row, mask in zip(rows, masks, strict=True)]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo :func:`pack_sequence`.

    Parameters
    ----------
    packed_sequences : PackedSequence
        With data of shape (N, *).

    Returns
    -------
    list of B Tensors of shape (length, *)
        In the order they had before they were packed.
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), True)


def _check_packing(input: Tensor, lengths: Tensor, batch_first: bool) -> None:
    """Refuse what PyTorch refuses, in its order and with its words, and lengths beyond T."""
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    axes = (1, 0) if batch_first else (0, 1)
    T, B = (input.size(axis) for axis in axes)
    if lengths.dim() != 1 or lengths.device.type != "cpu":
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{lengths.dim()}D {lengths.device} Long tensor"
        )
    if len(lengths) != B:
        raise RuntimeError(
            "Expected `len(lengths)` to be equal to batch_size, but got "
            f"{len(lengths)} (batch_size={B})"
        )
    if lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if (lengths.diff() > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )
    if lengths[0] > T:
        raise RuntimeError(
            f"Expected no length beyond the {T} steps of the padded input, but found "
            f"{int(lengths[0])}"
        )
