"""The source is read once, bounded, sealed, and overwritten afterwards."""

from __future__ import annotations

import hashlib
import io
import mmap
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from safelight.codecs.routing import ROUTE_BYTES
from safelight.engine.source import open_source
from safelight.errors import ContainerBroken, InputMissing, LimitExceeded

CANARY = b"canary-0123456789" * 5000


def sources(folder: Path) -> list[Path | bytes | memoryview | BinaryIO]:
    path = folder / "a.bin"
    path.write_bytes(CANARY)
    return [path, CANARY, io.BytesIO(CANARY), memoryview(CANARY)]


@pytest.mark.parametrize("kind", [0, 1, 2, 3], ids=["path", "bytes", "stream", "view"])
def test_every_kind_of_source_arrives_whole_and_hashed(tmp_path: Path, kind: int) -> None:
    with open_source(sources(tmp_path)[kind], 1_000_000, hashlib.sha256()) as source:
        assert source.size_bytes == len(CANARY)
        assert source.digest == hashlib.sha256(CANARY).hexdigest()
        assert bytes(source.first) == CANARY[:ROUTE_BYTES]
        assert os.pread(source.fd, len(CANARY) + 1, 0) == CANARY


def test_nobody_can_write_into_the_sealed_memory_or_change_its_size(tmp_path: Path) -> None:
    with open_source(CANARY, 1_000_000, hashlib.sha256()) as source:
        with pytest.raises(PermissionError):
            os.pwrite(source.fd, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(source.fd, 1)
        with pytest.raises(PermissionError):
            mmap.mmap(source.fd, source.size_bytes)


def test_the_memory_holds_zeros_after_use_and_the_canary_before(tmp_path: Path) -> None:
    with open_source(CANARY, 1_000_000, hashlib.sha256()) as source:
        other = os.dup(source.fd)
        assert b"canary" in os.pread(other, source.size_bytes, 0)
    assert os.pread(other, len(CANARY), 0) == bytes(len(CANARY))
    os.close(other)


def test_a_source_above_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(LimitExceeded), open_source(big, 1_000, hashlib.sha256()):
        pass
    with pytest.raises(LimitExceeded), open_source(b"x" * 1_001, 1_000, hashlib.sha256()):
        pass
    stream = io.BytesIO(b"x" * 5_000)
    with pytest.raises(LimitExceeded), open_source(stream, 1_000, hashlib.sha256()):
        pass
    assert stream.tell() == 1_001


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path, tmp_path / "missing", Path("/dev/zero"), Path("a\0b")):
        with pytest.raises(InputMissing), open_source(path, 1_000, hashlib.sha256()):
            pass


def test_an_empty_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContainerBroken), open_source(b"", 1_000, hashlib.sha256()):
        pass
