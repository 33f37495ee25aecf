"""Messages arrive whole, in order, in time, or not at all."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.sandbox.frames import HEADER, Channel, ChannelClosed, Overdue, Oversized


def pair(largest: int = 2**20) -> tuple[Channel, Channel]:
    ours, theirs = socket.socketpair()
    return Channel(ours, largest), Channel(theirs)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.binary(max_size=1000)), max_size=10))
def test_messages_arrive_as_they_were_sent(messages: list[tuple[bytes, bytes]]) -> None:
    ours, theirs = pair()
    for message in messages:
        theirs.send(*message)
    theirs.close()
    assert [ours.receive() for _ in messages] == messages
    with pytest.raises(ChannelClosed):
        ours.receive()
    ours.close()


def test_a_message_that_comes_in_pieces_survives_a_deadline() -> None:
    ours, theirs = pair()
    data = HEADER.pack(b"a", 6) + b"abcdef"
    for at in range(0, len(data) - 1, 2):
        theirs.connection.sendall(data[at : at + 2])
        with pytest.raises(Overdue):
            ours.receive(time.monotonic() + 0.01)
    theirs.connection.sendall(data[-1:])
    assert ours.receive(time.monotonic() + 5) == (b"a", b"abcdef")


def test_a_large_announcement_is_refused_before_it_is_read() -> None:
    ours, theirs = pair(largest=100)
    theirs.connection.sendall(HEADER.pack(b"a", 101))
    with pytest.raises(Oversized, match="101 bytes, at most 100"):
        ours.receive()


def test_a_reader_that_does_not_read_is_overdue() -> None:
    ours, _theirs = pair()
    with pytest.raises(Overdue):
        ours.send(b"a", b"x" * 10**7, time.monotonic() + 0.05)


def test_a_message_larger_than_any_buffer() -> None:
    ours, theirs = pair(largest=2**25)
    sender = threading.Thread(target=theirs.send, args=(b"a", b"xy" * 10**7))
    sender.start()
    assert ours.receive() == (b"a", b"xy" * 10**7)
    sender.join()
