"""Encrypted files from below: no plain byte is on the disk, nor in memory afterwards."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from safelight.proof.remanence.canary import IN_BODY, IN_PIXELS, SIGNATURE, Mark, picture
from safelight.proof.remanence.job import GONE_S
from safelight.proof.remanence.search import Found
from safelight.proof.remanence.watched import Ground, Subject
from safelight.worker.freeing import OVERWRITTEN
from tests.proof.disks import Trace, can_mount, disk

MARK = Mark()
SCRUB = ({"op": "scrub"},)


@dataclass(frozen=True)
class Looked:
    """Where a subject writes, a command to start it through, and how many canaries of all that it
    wrote reached a disk, in whatever file.
    """

    ground: Ground
    through: Sequence[str]
    copies: Callable[[Mark], int]


@pytest.fixture
def looked(tmp_path: Path) -> Iterator[Looked]:
    """On a raw disk where a user may mount one, else in a trace of all writes."""
    with ExitStack() as stack:
        if can_mount():
            made = stack.enter_context(disk(tmp_path))
            yield Looked(Ground.made(made.mounted / "ground"), (), made.copies)
        else:
            trace = Trace(tmp_path / "trace")
            yield Looked(Ground.made(tmp_path / "ground"), trace.command, trace.copies)


def stored(mark: Mark) -> bytes:
    """The picture of canaries with its pixels stored as they are, so that a lossless scrub keeps
    canaries that whoever reads its output sees.
    """
    data, position, chunks = picture(mark, 1), len(SIGNATURE), [SIGNATURE]
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + size]
        position += 12 + size
        if kind == b"IDAT":
            body = zlib.compress(zlib.decompress(body), 0)
        check = struct.pack(">I", zlib.crc32(kind + body))
        chunks.append(struct.pack(">I4s", len(body), kind) + body + check)
    return b"".join(chunks)


def worked(looked: Looked, tmp_path: Path, way: str) -> Found:
    """What is found soon after a job of this way while its process lives on."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.png").write_bytes(stored(MARK))
    with Subject(looked.ground, environment=OVERWRITTEN, through=looked.through) as told:
        told.tell({"settings": looked.ground.settings()})
        output = looked.ground.part("out") / "out.png"
        assert told.run(way, SCRUB, inbox, output) == "done"
        assert any(looked.ground.part("out").iterdir())
        return told.clean(MARK, GONE_S)


def test_no_plain_byte_of_an_encrypted_output_reaches_the_disk(
    looked: Looked, tmp_path: Path
) -> None:
    found = worked(looked, tmp_path, "sealed")
    assert {name: found.of(name) for name in found.copies} == dict.fromkeys(found.copies, 0)
    assert found.read >= 2
    assert looked.copies(MARK) == 0


def test_control_the_same_search_finds_a_plain_output(looked: Looked, tmp_path: Path) -> None:
    found = worked(looked, tmp_path, "file")
    assert found.of("files") > IN_PIXELS * 0.9
    assert looked.copies(MARK) > IN_PIXELS * 0.9


def test_the_picture_has_what_is_looked_for() -> None:
    assert MARK.count(stored(MARK)).total() > IN_PIXELS * 0.9 + IN_BODY
