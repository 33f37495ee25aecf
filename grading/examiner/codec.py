"""How values cross between the student's process and the one that judges.

The types are those of the contract of a graded function: tensors, NumPy arrays, numbers, strings,
None, ``torch.dtype``, and lists, tuples and dicts of these. What arrives is rebuilt from plain
bytes as exactly these types, so that no method of the sender, such as an ``__eq__`` that always
says yes, comes along. Size, depth and number of items are bounded, and anything unexpected is
refused.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

MAX_DEPTH = 32
MAX_ITEMS = 200_000
MAX_INT_BYTES = 1024
MAX_DIMENSIONS = 32  # of an array; NumPy's own bound is higher
MAX_LENGTH = 2**40  # of one dimension

COUNT = struct.Struct("<I")
SIZE = struct.Struct("<Q")
FLOAT = struct.Struct("<d")
COMPLEX = struct.Struct("<dd")

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.bool,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex64,
        torch.complex128,
    )
}
ARRAY_DTYPES = {
    np.dtype(name).str
    for name in (
        *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}


class CodecError(ValueError):
    """A value cannot cross; the text says what it is and what can."""


def encode(value: Any, *, exact: bool, largest: int) -> bytes:
    """Turn a value into bytes.

    Parameters
    ----------
    value : object
    exact : bool
        Whether only the types themselves are taken. If not, what derives from them crosses as the
        base type: a ``torch.Size`` as a tuple, ``numpy.int64(3)`` as 3.
    largest : int
        The most bytes that the result may have.

    Raises
    ------
    CodecError
        If the value, or something in it, is of another type, or it is too large or nested too deep.
    """
    writer = _Writer(exact, largest)
    writer.write(value, 0)
    return b"".join(writer.parts)


def decode(data: bytes) -> Any:
    """Rebuild a value from bytes that may be hostile.

    Raises
    ------
    CodecError
        If the bytes are not what `encode` writes.
    """
    reader = _Reader(data)
    value = reader.read(0)
    if reader.at != len(data):
        raise CodecError("the bytes of the value go on after its end")
    return value


class _Writer:
    def __init__(self, exact: bool, largest: int) -> None:
        self.exact = exact
        self.left = largest
        self.items = 0
        self.parts: list[bytes] = []

    def put(self, *parts: bytes) -> None:
        self.left -= sum(map(len, parts))
        if self.left < 0:
            raise CodecError("the value is too large")
        self.parts += parts

    def write(self, value: Any, depth: int) -> None:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise CodecError(f"the value is nested too deep or has more than {MAX_ITEMS} items")
        if value is None:
            self.put(b"N")
        elif value is True or value is False:
            self.put(b"T" if value else b"F")
        elif self._is(value, torch.dtype):
            self.put(b"y", *_text(str(value).removeprefix("torch.")))
        elif self._is(value, Tensor):
            self._write_tensor(value)
        elif self._is(value, np.ndarray):
            self._write_array(np.asarray(value))
        elif self._is(value, str):
            self.put(b"s", *_text(str.__str__(value)))
        elif self._is(value, int) or self._also(value, np.integer):
            number = int(value)
            size = number.bit_length() // 8 + 1
            if size > MAX_INT_BYTES:
                raise CodecError("the value holds an integer of thousands of digits")
            self.put(b"i", COUNT.pack(size), number.to_bytes(size, "little", signed=True))
        elif self._is(value, float) or self._also(value, np.floating):
            self.put(b"f", FLOAT.pack(float(value)))
        elif self._also(value, np.bool_):
            self.put(b"T" if value else b"F")
        elif self._is(value, complex) or self._also(value, np.complexfloating):
            self.put(b"c", COMPLEX.pack(complex(value).real, complex(value).imag))
        elif self._is(value, list) or self._is(value, tuple):
            self.put(b"l" if isinstance(value, list) else b"u", COUNT.pack(len(value)))
            for item in value:
                self.write(item, depth + 1)
        elif self._is(value, dict):
            self.put(b"d", COUNT.pack(len(value)))
            for key, item in value.items():
                _check_key(key)
                self.write(key, depth + 1)
                self.write(item, depth + 1)
        else:
            raise CodecError(
                f"a {type(value).__name__} cannot be checked: use tensors, numbers, strings, None, "
                "and lists, tuples and dicts of these"
            )

    def _is(self, value: Any, kind: type) -> bool:
        """Whether a value is of a type; Parameter, a mere mark on a tensor, is always taken."""
        if self.exact:
            return type(value) is kind or (kind is Tensor and type(value) is torch.nn.Parameter)
        return isinstance(value, kind)

    def _also(self, value: Any, kind: type) -> bool:
        return not self.exact and isinstance(value, kind)

    def _write_tensor(self, value: Tensor) -> None:
        name = str(value.dtype).removeprefix("torch.")
        if value.layout != torch.strided or value.is_meta or name not in DTYPES:
            raise CodecError(f"a tensor of {value.dtype}, {value.layout} cannot be checked")
        size = value.numel() * value.element_size()
        if size > self.left:  # before an expanded tensor is written out
            raise CodecError("the value is too large")
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        # A copy: a single number is contiguous whatever its stride, and a stride bars the view.
        plain = plain.clone(memory_format=torch.contiguous_format).reshape(-1)
        data = plain.view(torch.uint8).numpy().tobytes() if size else b""
        self.put(b"t", b"\1" if value.requires_grad else b"\0", *_text(name))
        self._put_array(value.shape, data)

    def _write_array(self, value: np.ndarray) -> None:
        if value.dtype.str not in ARRAY_DTYPES:
            raise CodecError(f"an array of {value.dtype} cannot be checked")
        if value.nbytes > self.left:
            raise CodecError("the value is too large")
        self.put(b"a", *_text(value.dtype.str))
        self._put_array(value.shape, value.tobytes())

    def _put_array(self, shape: tuple[int, ...], data: bytes) -> None:
        self.put(COUNT.pack(len(shape)), *(SIZE.pack(length) for length in shape))
        self.put(SIZE.pack(len(data)), data)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = memoryview(data)
        self.at = 0
        self.items = 0

    def take(self, size: int) -> memoryview:
        if size > len(self.data) - self.at:
            raise CodecError("the bytes of the value end too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def count(self) -> int:
        return COUNT.unpack(self.take(4))[0]

    def text(self) -> str:
        try:
            return str(self.take(self.count()), "utf-8")
        except UnicodeDecodeError:
            raise CodecError("the value holds a string that is not UTF-8") from None

    def read(self, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise CodecError(f"the value is nested too deep or has more than {MAX_ITEMS} items")
        tag = bytes(self.take(1))
        if tag not in self.READERS:
            raise CodecError(f"the value holds something of the unknown kind {tag!r}")
        return self.READERS[tag](self, depth)

    def _int(self, depth: int) -> int:
        size = self.count()
        if size > MAX_INT_BYTES:
            raise CodecError("the value holds an integer of thousands of digits")
        return int.from_bytes(self.take(size), "little", signed=True)

    def _list(self, depth: int) -> list[Any]:
        return [self.read(depth + 1) for _ in range(self.count())]

    def _dict(self, depth: int) -> dict[Any, Any]:
        pairs = {}
        for _ in range(self.count()):
            key = self.read(depth + 1)
            _check_key(key)
            pairs[key] = self.read(depth + 1)
        return pairs

    def _dtype(self, depth: int) -> torch.dtype:
        name = self.text()
        if name not in DTYPES:
            raise CodecError(f"a tensor of {name[:40]} cannot be checked")
        return DTYPES[name]

    def _tensor(self, depth: int) -> Tensor:
        requires_grad = self.take(1)[0] == 1
        dtype = self._dtype(depth)
        shape, data = self._array_parts(dtype.itemsize)
        if not data:
            tensor = torch.empty(shape, dtype=dtype)
        elif dtype is torch.bool:  # any byte but 0 and 1 would be undefined behaviour
            tensor = (torch.frombuffer(data, dtype=torch.uint8) != 0).reshape(shape)
        else:
            tensor = torch.frombuffer(data, dtype=dtype).reshape(shape)
        if requires_grad and (dtype.is_floating_point or dtype.is_complex):
            tensor.requires_grad_()
        return tensor

    def _array(self, depth: int) -> np.ndarray:
        name = self.text()
        if name not in ARRAY_DTYPES:
            raise CodecError(f"an array of {name[:40]} cannot be checked")
        dtype = np.dtype(name)
        shape, data = self._array_parts(dtype.itemsize)
        if dtype == np.bool_:
            return (np.frombuffer(data, dtype=np.uint8) != 0).reshape(shape)
        return np.frombuffer(data, dtype=dtype).reshape(shape)

    def _array_parts(self, itemsize: int) -> tuple[tuple[int, ...], bytearray]:
        dimensions = self.count()
        if dimensions > MAX_DIMENSIONS:
            raise CodecError(f"the value holds a tensor with more than {MAX_DIMENSIONS} axes")
        shape = tuple(SIZE.unpack(self.take(8))[0] for _ in range(dimensions))
        size = SIZE.unpack(self.take(8))[0]
        expected = itemsize
        for length in sorted(shape):  # a 0 first: no product of the others can overflow
            if length > MAX_LENGTH:
                raise CodecError("the value holds a tensor of an impossible shape")
            expected *= length
        if size != expected or sum(length.bit_length() for length in shape) > 60:
            raise CodecError("the value holds a tensor whose shape does not fit its bytes")
        return shape, bytearray(self.take(size))  # a copy that can be written to

    READERS: ClassVar[dict[bytes, Callable[[_Reader, int], Any]]] = {
        b"N": lambda self, depth: None,
        b"T": lambda self, depth: True,
        b"F": lambda self, depth: False,
        b"i": _int,
        b"f": lambda self, depth: FLOAT.unpack(self.take(8))[0],
        b"c": lambda self, depth: complex(*COMPLEX.unpack(self.take(16))),
        b"s": lambda self, depth: self.text(),
        b"y": _dtype,
        b"t": _tensor,
        b"a": _array,
        b"l": _list,
        b"u": lambda self, depth: tuple(self._list(depth)),
        b"d": _dict,
    }


def _check_key(key: Any) -> None:
    if not isinstance(key, str | int | float | bool | None):
        raise CodecError(
            f"a dict with a {type(key).__name__} as a key cannot be checked: use strings or numbers"
        )


def _text(text: str) -> tuple[bytes, bytes]:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise CodecError("the value holds a string that cannot be written as UTF-8") from None
    return COUNT.pack(len(data)), data
