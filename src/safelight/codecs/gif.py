"""GIF: the block walk, the header, and the blocks of metadata."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.blocks import Block
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken
from safelight.image import Header

EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
COMMENT, PLAIN_TEXT, APPLICATION, CONTROL = 0xFE, 0x01, 0xFF, 0xF9
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
XMP, ICC = b"XMP DataXMP", b"ICCRGBG1012"
# Whatever length the last letters of an unblocked packet give, it ends on the zero behind these.
XMP_MAGIC = bytes((1, *range(255, -1, -1)))
MAX_PARTS = 1_000_000
# A real file has 255 bytes in most of them: this is half a gigabyte.
MAX_SUB_BLOCKS = 2_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One block: what introduces it, the extension's label or 0, its fixed head, a picture's own
    colour table, its data with sub-block lengths, and the whole of it.
    """

    introducer: int
    label: int
    head: memoryview
    table: memoryview
    body: memoryview
    raw: memoryview


@dataclass(frozen=True, slots=True)
class Walked:
    """The whole container: the screen with its colour table, and the blocks behind it."""

    head: memoryview
    parts: list[Part]


def parts(data: memoryview) -> Iterator[Part]:
    """Every block up to the trailer, whose body is what follows it.

    A missing trailer is forgiven, as decoders do.
    """
    if bytes(data[:6]) not in (b"GIF87a", b"GIF89a"):
        raise ContainerBroken("the GIF does not start like one")
    at = 13 + _table_bytes(part(data, 0, 13)[10])
    left = MAX_SUB_BLOCKS
    for _ in range(MAX_PARTS):
        if at >= len(data):
            return
        introducer = data[at]
        if introducer == TRAILER:
            yield Part(TRAILER, 0, data[:0], data[:0], data[at + 1 :], data[at:])
            return
        head = table = data[:0]
        if introducer == EXTENSION:
            label, start = part(data, at, 2)[1], at + 2
        elif introducer == IMAGE:
            head, label = part(data, at + 1, 9), 0
            table = part(data, at + 10, _table_bytes(head[8]))
            start = at + 10 + len(table) + 1
        else:
            raise ContainerBroken("the GIF has an unknown block")
        begun = at
        at, left = _end_of_chain(data, start, left)
        yield Part(introducer, label, head, table, data[start:at], data[begun:at])
    raise ContainerBroken("the GIF has too many blocks")


def _table_bytes(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _end_of_chain(data: memoryview, at: int, left: int) -> tuple[int, int]:
    """The place behind a chain of sub-blocks, and how many more of them may come."""
    while at < len(data) and left:
        if data[at] == 0:
            return at + 1, left
        at += data[at] + 1
        left -= 1
    raise ContainerBroken("the GIF is truncated")


def joined(body: memoryview) -> bytes:
    """The bytes of a chain of sub-blocks."""
    pieces, at = [], 0
    while at < len(body) and body[at]:
        pieces.append(body[at + 1 : at + 1 + body[at]])
        at += body[at] + 1
    return b"".join(pieces)


def header(data: memoryview) -> Header:
    """The canvas: the logical screen, or more where a frame reaches beyond it; frames counted by
    walking.
    """
    width, height = struct.unpack_from("<HH", part(data, 0, 13), 6)
    frames, has_alpha = 0, False
    for block in parts(data):
        if block.introducer == IMAGE:
            left, top, across, down = struct.unpack_from("<HHHH", block.head)
            width, height = max(width, left + across), max(height, top + down)
            frames += 1
        elif block.label == CONTROL and len(block.body) > 1 and block.body[0] >= 4:
            has_alpha = has_alpha or bool(block.body[1] & 1)
    if not frames:
        raise ContainerBroken("the GIF has no picture")
    return Header(
        "gif", width, height, frames=frames, bands=3 + has_alpha, has_alpha=has_alpha, colour="rgb"
    )


def walk(data: memoryview) -> Walked:
    """The whole container in its pieces.

    Raises ContainerBroken when it cannot be walked to its end.
    """
    found = list(parts(data))
    return Walked(part(data, 0, 13 + _table_bytes(data[10])), found)


def blocks(data: memoryview, walked: Walked | None = None) -> Iterator[Block]:
    """Comments, plain text, application blocks and what follows the end."""
    for block in walked.parts if walked else parts(data):
        if block.introducer == TRAILER and len(block.body):
            yield Block("trailer", "Trailer", block.body)
        elif block.label == COMMENT:
            yield Block("comment", "Comment", memoryview(joined(block.body)), block.raw)
        elif block.label == PLAIN_TEXT:
            yield Block("comment", "PlainText", memoryview(joined(block.body)[12:]))
        elif block.label == APPLICATION:
            yield from _application(block)
        elif block.introducer == EXTENSION and block.label != CONTROL:
            yield Block("private", f"extension 0x{block.label:02X}", block.body, block.raw)


def _application(block: Part) -> Iterator[Block]:
    body = block.body
    name = bytes(body[1:12])
    if name == XMP:
        # The packet lies unblocked, followed by a ramp of bytes that leads any reader to its end.
        yield Block("xmp", "XMP", body[12 : max(12, len(body) - len(XMP_MAGIC) - 1)])
    elif name == ICC:
        yield Block("icc", "ICC_Profile", memoryview(joined(body[12:])))
    elif name not in LOOPS:
        yield Block("private", name.decode("latin-1"), body[12:], block.raw)
