"""Standard input is read to its end, and whoever waits for it can be stopped."""

from __future__ import annotations

import io
import os
import threading

import pytest

from safelight.batch.standard_input import StandardInput
from safelight.errors import Cancelled


def test_a_pipe_is_read_to_its_end_whatever_its_pieces() -> None:
    far, near = os.pipe()

    def write() -> None:
        with open(near, "wb", buffering=0) as file:
            for _ in range(300):
                file.write(bytes(1_000))

    writer = threading.Thread(target=write)
    writer.start()
    with open(far, "rb") as stream:
        assert len(StandardInput(stream, lambda: False).read(1_000_000)) == 300_000
    writer.join()


def test_no_more_than_was_asked_for_is_read() -> None:
    assert StandardInput(io.BytesIO(bytes(50)), lambda: False).read(20) == bytes(20)


def test_a_stream_without_a_descriptor_is_read_too() -> None:
    assert StandardInput(io.BytesIO(b"abc"), lambda: False).read() == b"abc"


def test_the_wait_for_a_pipe_that_says_nothing_can_be_stopped() -> None:
    far, near = os.pipe()
    with open(far, "rb") as stream, open(near, "wb"), pytest.raises(Cancelled):
        StandardInput(stream, lambda: True).read()
