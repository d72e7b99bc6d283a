"""GIF rewritten: screen, colour tables, loop count, pictures with their timing; and the clean
blocks. A picture's stream is followed to its end, what lies behind it is cut off.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.codecs.blocks import Carried
from safelight.codecs.gif import (
    APPLICATION,
    CONTROL,
    EXTENSION,
    ICC,
    IMAGE,
    LOOPS,
    PLAIN_TEXT,
    TRAILER,
    XMP,
    XMP_MAGIC,
    Part,
    Walked,
    joined,
)
from safelight.codecs.gif_stream import tidy_stream
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]
SUB_BLOCK = 255


def rewritten(walked: Walked, carried: Carried) -> Pieces:
    """The pieces of the clean file. Raises ContainerBroken for a file without a picture in it."""
    pictures = list(_pictures(walked.parts))
    if not pictures:
        raise ContainerBroken("the GIF has no picture")
    blocks = [*_loop(walked.parts), *_blocks(carried)]
    is_old = bytes(walked.head[:6]) == b"GIF87a" and not blocks
    head = b"GIF87a" if is_old else b"GIF89a"
    return [head, walked.head[6:], *blocks, *pictures, bytes([TRAILER])]


def _pictures(parts: list[Part]) -> Iterator[bytes | memoryview]:
    """Each picture behind the last control that speaks of it."""
    control: Part | None = None
    for part in parts:
        if part.label == CONTROL:
            control = part
        elif part.label == PLAIN_TEXT:
            control = None
        elif part.introducer == IMAGE:
            if control is not None:
                yield from _control(control.body)
            yield from _picture(part)
            control = None


def _control(body: memoryview) -> Iterator[bytes]:
    """Disposal, delay and transparent colour; the index says nothing where nothing is clear."""
    if body[0] < 4:
        return
    packed, delay, clear = struct.unpack_from("<BHB", body, 1)
    clear = clear if packed & 1 else 0
    yield struct.pack("<BBBBHBB", EXTENSION, CONTROL, 4, packed & 0x1F, delay, clear, 0)


def _picture(part: Part) -> Iterator[bytes | memoryview]:
    width, height = struct.unpack_from("<HH", part.head, 4)
    least = part.raw[10 + len(part.table)]
    stream = joined(part.body)
    tidy = tidy_stream(stream, least, width * height)
    is_same = len(tidy) == len(stream) and tidy == stream and not part.head[8] & 0x18
    if is_same:
        yield part.raw
        return
    yield bytes([IMAGE]) + bytes(part.head[:8]) + bytes([part.head[8] & 0xE7])
    yield part.table
    yield bytes([least]) + chained(tidy)


def _loop(parts: list[Part]) -> Iterator[bytes]:
    """How often the animation plays: the first that says it."""
    for part in parts:
        name = bytes(part.body[1:12])
        if part.label == APPLICATION and name in LOOPS:
            said = joined(part.body[12:])
            if len(said) >= 3 and said[0] & 7 == 1:
                yield _application(LOOPS[0]) + chained(b"\1" + said[1:3])
                return


def _blocks(carried: Carried) -> Iterator[bytes | memoryview]:
    if carried.icc is not None:
        yield _application(ICC) + chained(carried.icc)
    if carried.xmp is not None:
        yield _application(XMP) + carried.xmp + XMP_MAGIC + b"\0"
    yield from (block.raw for block in carried.raw if block.raw is not None)


def _application(name: bytes) -> bytes:
    return bytes([EXTENSION, APPLICATION, len(name)]) + name


def chained(data: bytes) -> bytes:
    """The bytes as a chain of sub-blocks with its end."""
    parts = (data[at : at + SUB_BLOCK] for at in range(0, len(data), SUB_BLOCK))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
