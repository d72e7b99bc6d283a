"""Boxes of the ISO base media file format (ISO 14496-12): read one after the other, and written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

MAX_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four letters, and what it holds. end is where the next one starts."""

    type: bytes
    body: memoryview
    end: int = 0

    @property
    def version(self) -> int:
        """Of a full box. Raises IndexError for an empty one."""
        return self.body[0]


def boxes(data: memoryview) -> Iterator[Box]:
    """Box after box. A size of 0 means to the end, 1 that a 64-bit size follows.

    Fewer than eight bytes at the end are left alone. Raises ContainerBroken.
    """
    at = 0
    for _ in range(MAX_BOXES):
        if at + 8 > len(data):
            return
        size, type = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", part(data, at + 8, 8))[0], 16
        elif size == 0:
            size = len(data) - at
        if size < head:
            raise ContainerBroken("the file has a box smaller than its head")
        yield Box(type, part(data, at, size)[head:], at + size)
        at += size
    raise ContainerBroken("the file has too many boxes")


def top_boxes(data: memoryview) -> tuple[list[Box], memoryview]:
    """The boxes of a whole file, and the bytes from the place on where none can be read."""
    found: list[Box] = []
    with suppress(ContainerBroken):
        for box in boxes(data):
            found.append(box)  # those before a break are to stay
    return found, data[found[-1].end if found else 0 :]


class Cursor:
    """Whole numbers of 0 to 8 bytes, one after the other."""

    def __init__(self, data: memoryview, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> int:
        """The next number, big end first. Raises ContainerBroken at the end."""
        self.at += size
        return int.from_bytes(part(self.data, self.at - size, size), "big")

    def text(self) -> bytes:
        """Bytes up to a zero, which is skipped, or to the end."""
        rest = bytes(self.data[self.at :])
        words, zero, _ = rest.partition(b"\0")
        self.at += len(words) + len(zero)
        return words

    @property
    def rest(self) -> memoryview:
        return self.data[self.at :]


# The identifier of a uuid box with a content credential, and what it can be for.
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
PURPOSES = (b"manifest", b"original", b"update")


def credential(body: memoryview) -> memoryview:
    """The manifest store in a uuid box of C2PA, behind its identifier, purpose and offset."""
    cursor = Cursor(body, len(C2PA) + 4)
    if cursor.text() not in PURPOSES:
        return body[len(C2PA) :]
    return body[cursor.at + 8 :]


def boxed(type: bytes, *bodies: bytes | memoryview) -> bytes:
    """One box, built."""
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), type) + body


def full_box(type: bytes, version: int, flags: int, *bodies: bytes | memoryview) -> bytes:
    """One box with a version and flags, built."""
    return boxed(type, struct.pack(">I", version << 24 | flags), *bodies)
