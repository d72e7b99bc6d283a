"""Standard input is read to its end, and whoever waits for it can be stopped."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import BinaryIO

import pytest

from safelight.batch.standard_input import StandardInput
from safelight.errors import Cancelled


def everything(stream: BinaryIO, piece: int = 7_000) -> bytes:
    """What comes in, into one target after the other."""
    source, found = StandardInput(stream, lambda: False), bytearray()
    target = bytearray(piece)
    while count := source.readinto(memoryview(target)):
        found += target[:count]
    return bytes(found)


def test_a_pipe_is_read_to_its_end_whatever_its_pieces() -> None:
    far, near = os.pipe()

    def write() -> None:
        with open(near, "wb", buffering=0) as file:
            for _ in range(300):
                file.write(bytes(1_000))

    writer = threading.Thread(target=write)
    writer.start()
    with open(far, "rb") as stream:
        assert len(everything(stream)) == 300_000
    writer.join()


def test_no_more_than_the_target_holds_is_read() -> None:
    stream = io.BytesIO(bytes(50))
    assert StandardInput(stream, lambda: False).readinto(memoryview(bytearray(20))) == 20
    assert stream.tell() == 20


def test_a_stream_without_a_descriptor_is_read_too() -> None:
    assert everything(io.BytesIO(b"abc")) == b"abc"


def test_where_a_system_waits_for_sockets_alone_the_stream_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    far, near = os.pipe()
    with open(far, "rb") as stream:
        with open(near, "wb") as file:
            file.write(b"abc")
        assert everything(stream) == b"abc"


def test_the_wait_for_a_pipe_that_says_nothing_can_be_stopped() -> None:
    far, near = os.pipe()
    with open(far, "rb") as stream, open(near, "wb"), pytest.raises(Cancelled):
        StandardInput(stream, lambda: True).readinto(memoryview(bytearray(1)))


def test_a_pipe_that_said_something_can_be_stopped_all_the_same() -> None:
    far, near = os.pipe()
    with open(far, "rb") as stream, open(near, "wb", buffering=0) as file:
        file.write(b"abc")
        with pytest.raises(Cancelled):
            StandardInput(stream, lambda: True).readinto(memoryview(bytearray(1)))
