"""Bounded reading of untrusted bytes: a part is there in full, or the container is broken."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from safelight.errors import ContainerBroken


def part(data: memoryview, start: int, size: int) -> memoryview:
    """Exactly size bytes from start, without a copy.

    Raises ContainerBroken when they are not all there.
    """
    if start < 0 or size < 0 or start + size > len(data):
        raise ContainerBroken("the picture ends before its own structure does")
    return data[start : start + size]


def starts(data: memoryview, mark: bytes, at: int = 0) -> bool:
    """True when exactly these bytes lie at this place."""
    return bytes(data[at : at + len(mark)]) == mark


@contextmanager
def short_is_broken() -> Iterator[None]:
    """Map what a short or absurd structure raises in the standard library to ContainerBroken."""
    try:
        yield
    except (struct.error, IndexError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise ContainerBroken("the picture has an impossible structure") from error


def printable(text: str, limit: int = 200) -> str:
    """One printable line of at most limit characters; anything else becomes a blank."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: limit * 4])
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def decoded(data: bytes | memoryview, limit: int = 200) -> str:
    """Bytes as a printable line: UTF-8 where they are, Latin-1 otherwise; NUL padding cut."""
    return printable(text_of(data, limit * 4), limit)


def text_of(data: bytes | memoryview, most_bytes: int) -> str:
    """The first bytes as text: UTF-8 where they are, Latin-1 otherwise; NUL padding cut."""
    raw = bytes(data[:most_bytes]).rstrip(b"\0 ")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
