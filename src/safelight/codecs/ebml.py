"""Elements of EBML (RFC 8794), which Matroska and WebM are made of: read, and written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

MAX_ELEMENTS = 4_000_000
WIDE = 8


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its number with its length marker, where its head begins, what it holds, and
    where the next one begins. is_open: its length was not known when it was written.
    """

    id: int
    start: int
    body: memoryview
    end: int
    is_open: bool = False

    @property
    def number(self) -> int:
        """As an unsigned number. Raises ContainerBroken for one of more than eight bytes."""
        if len(self.body) > WIDE:
            raise ContainerBroken("the film has a number that is too long")
        return int.from_bytes(self.body, "big")

    @property
    def real(self) -> float:
        """As a fraction; 0 for a length that no fraction has."""
        letter = {4: ">f", 8: ">d"}.get(len(self.body))
        return float(struct.unpack(letter, self.body)[0]) if letter else 0.0


def elements(data: memoryview, *, ends_at: frozenset[int] = frozenset()) -> Iterator[Element]:
    """Element after element; one of these numbers ends the list, as it belongs further up.

    One of unknown length reaches to the end. Raises ContainerBroken.
    """
    at = 0
    for _ in range(MAX_ELEMENTS):
        if at >= len(data):
            return
        start = at
        id, at = _id(data, at)
        if id in ends_at:
            return
        size, at = vint(data, at)
        is_open = size < 0
        body = data[at:] if is_open else part(data, at, size)
        at += len(body)
        yield Element(id, start, body, at, is_open)
    raise ContainerBroken("the film has too many elements")


def _id(data: memoryview, at: int) -> tuple[int, int]:
    first = part(data, at, 1)[0]
    size = 9 - first.bit_length()
    if size > 4:
        raise ContainerBroken("the film has an element without a number")
    return int.from_bytes(part(data, at, size), "big"), at + size


def vint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of variable length and the place behind it; -1 for one that means unknown."""
    first = part(data, at, 1)[0]
    size = 9 - first.bit_length()
    if size > WIDE:
        raise ContainerBroken("the film has an element of an impossible length")
    value = int.from_bytes(part(data, at, size), "big") & (1 << 7 * size) - 1
    return (-1 if value == (1 << 7 * size) - 1 else value), at + size


def head(id: int, size: int) -> bytes:
    """The start of an element; a length always takes eight bytes, so that it can be foreseen."""
    number = id.to_bytes((id.bit_length() + 7) // 8, "big")
    return number + (1 << 56 | size).to_bytes(WIDE, "big")


def element(id: int, *bodies: bytes | memoryview) -> bytes:
    """One element, built."""
    body = b"".join(bodies)
    return head(id, len(body)) + body


def unsigned(id: int, value: int, size: int = 0) -> bytes:
    """One number, in as many bytes as it needs or in this many."""
    return element(id, value.to_bytes(size or max(1, (value.bit_length() + 7) // 8), "big"))
