"""WebP rewritten: the extended header with true flags, profile, picture or frames; and the clean
blocks.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from safelight.codecs.blocks import Carried
from safelight.codecs.webp import (
    ALPHA,
    ANIMATION,
    EXIF,
    FRAME_HEAD,
    ICC,
    PIXELS,
    XMP,
    Chunk,
    bitstream_of,
    chunks,
    extended_of,
)
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]


@dataclass(frozen=True, slots=True)
class Picture:
    """Alpha and coded picture of a still or of one frame."""

    alpha: Chunk | None
    coded: Chunk

    @property
    def has_alpha(self) -> bool:
        return self.alpha is not None or bitstream_of(self.coded).has_alpha

    def pieces(self) -> Pieces:
        alpha = framed(b"ALPH", self.alpha.body) if self.alpha is not None else []
        return alpha + framed(self.coded.type, self.coded.body)


def rewritten(walked: list[Chunk], carried: Carried) -> Pieces:
    """The pieces of the clean file. Raises ContainerBroken for a file without a picture in it."""
    extended = walked[0] if walked and walked[0].type == b"VP8X" else None
    flags, width, height = extended_of(extended) if extended else (0, 0, 0)
    if flags & ANIMATION:
        picture, has_alpha = _animation(walked)
    else:
        still = _picture(walked)
        picture, has_alpha = still.pieces(), still.has_alpha
        stream = bitstream_of(still.coded)
        width, height = width or stream.width, height or stream.height
    body: Pieces = []
    if extended or _has_blocks(carried):
        told = flags & (ANIMATION | ALPHA) | (0 if flags & ANIMATION else ALPHA * has_alpha)
        body += _extended(told, carried, width, height)
    if carried.icc is not None:
        body += framed(b"ICCP", carried.icc)
    body += picture
    if carried.exif is not None:
        body += framed(b"EXIF", carried.exif)
    if carried.xmp is not None:
        body += framed(b"XMP ", carried.xmp)
    for block in carried.raw:
        if block.raw is not None:
            body += framed(bytes(block.raw[:4]), block.data)
    size = sum(len(piece) for piece in body)
    return [b"RIFF" + struct.pack("<I", size + 4) + b"WEBP", *body]


def _has_blocks(carried: Carried) -> bool:
    return any((carried.icc, carried.exif, carried.xmp, carried.raw))


def _extended(flags: int, carried: Carried, width: int, height: int) -> Pieces:
    flags |= ICC * (carried.icc is not None)
    flags |= EXIF * (carried.exif is not None) | XMP * (carried.xmp is not None)
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return framed(b"VP8X", struct.pack("<I", flags) + sides)


def _picture(found: list[Chunk]) -> Picture:
    """The first coded picture, and the alpha that stands before it."""
    alpha: Chunk | None = None
    for chunk in found:
        if chunk.type == b"ALPH" and alpha is None:
            alpha = chunk
        elif chunk.type in PIXELS:
            bitstream_of(chunk)
            return Picture(alpha if chunk.type == b"VP8 " else None, chunk)
    raise ContainerBroken("the WebP has no picture")


def _animation(found: list[Chunk]) -> tuple[Pieces, bool]:
    out: Pieces = []
    has_alpha = False
    for chunk in found:
        if chunk.type == b"ANIM" and not out:
            if len(chunk.body) < 6:
                raise ContainerBroken("the WebP has a damaged animation header")
            out += framed(b"ANIM", chunk.body[:6])
        elif chunk.type == b"ANMF" and out:
            frame = _picture(list(chunks(chunk.body[FRAME_HEAD:])))
            has_alpha = has_alpha or frame.has_alpha
            head = bytes(chunk.body[: FRAME_HEAD - 1]) + bytes([chunk.body[FRAME_HEAD - 1] & 3])
            out += framed(b"ANMF", head, *frame.pieces())
    if len(out) < 3:
        raise ContainerBroken("the WebP has no frames")
    return out, has_alpha


def framed(type: bytes, *bodies: bytes | memoryview) -> Pieces:
    """A chunk with its length, and a zero where it is odd."""
    size = sum(len(body) for body in bodies)
    return [type + struct.pack("<I", size), *bodies, *([b"\0"] if size % 2 else [])]
