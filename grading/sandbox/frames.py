"""Messages over a socket: a kind, a length, the bytes.

The grader reads what an untrusted process wrote, so every read has a deadline and a largest size.
"""

from __future__ import annotations

import socket
import struct
import time

HEADER = struct.Struct(">cI")
SMALL, LARGE = 2**14, 2**20


class ChannelClosed(Exception):
    """The other side is gone."""


class Overdue(Exception):
    """The other side did not answer in time."""


class Oversized(Exception):
    """The other side sent more than it may."""


class Channel:
    """One end of a stream socket, with messages in place of bytes.

    Parameters
    ----------
    connection : socket.socket
        A connected stream socket; the channel owns it from now on.
    largest : int, optional
        The most bytes that a received message may have.
    """

    def __init__(self, connection: socket.socket, largest: int = 2**31) -> None:
        self.connection = connection
        self.largest = largest
        self._head: tuple[bytes, int] | None = None  # of the message that is being received
        self._buffer = bytearray()

    def send(self, kind: bytes, payload: bytes = b"", deadline: float | None = None) -> None:
        """Send one message; ``deadline`` is in the seconds of ``time.monotonic``.

        Raises
        ------
        ChannelClosed, Overdue
        """
        self._allow_until(deadline)
        try:
            self.connection.sendall(HEADER.pack(kind, len(payload)) + payload)
        except TimeoutError:
            raise Overdue from None
        except OSError:
            raise ChannelClosed from None

    def receive(self, deadline: float | None = None) -> tuple[bytes, bytes]:
        """Wait for one message and return its kind and its bytes.

        After `Overdue` it can be called again: what had come of a message is kept.

        Raises
        ------
        ChannelClosed, Overdue, Oversized
        """
        if self._head is None:
            kind, size = HEADER.unpack(self._read(HEADER.size, deadline))
            if size > self.largest:
                raise Oversized(f"{size} bytes, at most {self.largest} are allowed")
            self._head = kind, size
        kind, size = self._head
        payload = self._read(size, deadline)
        self._head = None
        return kind, payload

    def close(self) -> None:
        self.connection.close()

    def _read(self, size: int, deadline: float | None) -> bytes:
        while len(self._buffer) < size:
            self._allow_until(deadline)
            try:
                # What comes beyond this piece is the beginning of the next one.
                received = self.connection.recv(LARGE if size > SMALL else SMALL)
            except TimeoutError:
                raise Overdue from None
            except OSError:
                raise ChannelClosed from None
            if not received:
                raise ChannelClosed
            self._buffer += received
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _allow_until(self, deadline: float | None) -> None:
        if deadline is None:
            self.connection.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise Overdue
        self.connection.settimeout(left)
