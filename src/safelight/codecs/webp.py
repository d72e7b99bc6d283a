"""WebP: the RIFF walk, the header, and the blocks of metadata."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.blocks import Block, Kind
from safelight.codecs.exif import orientation_of
from safelight.codecs.reading import part, starts
from safelight.errors import ContainerBroken
from safelight.image import Header

ANIMATION, XMP, EXIF, ALPHA, ICC = 0x02, 0x04, 0x08, 0x10, 0x20
PIXELS = frozenset({b"VP8 ", b"VP8L"})
STRUCTURE = PIXELS | {b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
KINDS: dict[bytes, Kind] = {b"ICCP": "icc", b"EXIF": "exif", b"XMP ": "xmp", b"C2PA": "c2pa"}
MAX_CHUNKS = 200_000
FRAME_HEAD = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four letters, what it holds, the whole of it, its padding (0 or 1 byte)."""

    type: bytes
    body: memoryview
    raw: memoryview
    padding: memoryview


@dataclass(frozen=True, slots=True)
class Bitstream:
    """What the first bytes of a VP8 or VP8L chunk say."""

    width: int
    height: int
    has_alpha: bool


def riff(data: memoryview) -> memoryview:
    """The chunks that the RIFF header announces.

    Raises ContainerBroken when they are not all there.
    """
    if not starts(data, b"RIFF") or not starts(data, b"WEBP", 8):
        raise ContainerBroken("the WebP does not start like one")
    size = struct.unpack_from("<I", data, 4)[0]
    return part(data, 12, size - 4)


def chunks(data: memoryview) -> Iterator[Chunk]:
    """Chunk after chunk. A missing last padding byte is forgiven, as decoders do."""
    at = 0
    for _ in range(MAX_CHUNKS):
        if at + 8 > len(data):
            return
        size = struct.unpack_from("<I", data, at + 4)[0]
        body = part(data, at + 8, size)
        end = min(at + 8 + size + size % 2, len(data))
        yield Chunk(bytes(data[at : at + 4]), body, data[at:end], data[at + 8 + size : end])
        at = end
    raise ContainerBroken("the WebP has too many chunks")


def bitstream_of(chunk: Chunk) -> Bitstream:
    """The size that the coded picture states itself. Raises ContainerBroken."""
    body = chunk.body
    if chunk.type == b"VP8L":
        signature, packed = struct.unpack_from("<BI", body)
        if signature != 0x2F or packed >> 29:
            raise ContainerBroken("the WebP has a damaged lossless picture")
        has_alpha = bool(packed >> 28 & 1)
        return Bitstream((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, has_alpha)
    if body[0] & 1 or not starts(body, b"\x9d\x01\x2a", 3):
        raise ContainerBroken("the WebP has a damaged picture")
    width, height = struct.unpack_from("<HH", body, 6)
    return Bitstream(width & 0x3FFF, height & 0x3FFF, has_alpha=False)


def header(data: memoryview) -> Header:
    """Canvas, alpha, frames and EXIF orientation."""
    width = height = frames = flags = 0
    has_alpha, orientation = False, 0
    for chunk in chunks(riff(data)):
        if chunk.type == b"VP8X" and not flags and not frames:
            flags, width, height = extended_of(chunk)
            has_alpha = bool(flags & ALPHA)
        elif chunk.type in PIXELS and not frames:
            stream = bitstream_of(chunk)
            frames, has_alpha = 1, has_alpha or stream.has_alpha
            if not width:
                width, height = stream.width, stream.height
            elif (width, height) != (stream.width, stream.height):
                raise ContainerBroken("the WebP's picture is not as large as its canvas")
        elif chunk.type == b"ANMF" and flags & ANIMATION:
            frames += 1
        elif chunk.type == b"EXIF" and not orientation:
            orientation = orientation_of(tiff_of(chunk.body))
    if not frames:
        raise ContainerBroken("the WebP has no picture")
    return Header(
        "webp", width, height, orientation or 1, frames, bands=3 + has_alpha, has_alpha=has_alpha
    )


def extended_of(chunk: Chunk) -> tuple[int, int, int]:
    """Flags, canvas width and height of a VP8X chunk."""
    flags, low, high = struct.unpack_from("<I3s3s", part(chunk.body, 0, 10))
    width, height = int.from_bytes(low, "little") + 1, int.from_bytes(high, "little") + 1
    return flags & 0xFF, width, height


def tiff_of(body: memoryview) -> memoryview:
    """The TIFF structure of an EXIF chunk; some writers put the JPEG marker's head before it."""
    return body[6:] if starts(body, b"Exif\0\0") else body


def walk(data: memoryview) -> list[Chunk]:
    """The whole container in its pieces.

    Raises ContainerBroken when it cannot be walked to its end.
    """
    return list(chunks(riff(data)))


def blocks(data: memoryview, walked: list[Chunk] | None = None) -> Iterator[Block]:
    """Everything in the file that is neither picture nor its structure."""
    inside = riff(data)
    for chunk in walked or chunks(inside):
        if bytes(chunk.padding).strip(b"\0"):
            yield Block("private", "padding", chunk.padding)
        if chunk.type == b"ANMF":
            for inner in chunks(chunk.body[FRAME_HEAD:]):
                if inner.type not in PIXELS | {b"ALPH"}:
                    yield Block("private", _name(inner.type), inner.body)
        elif chunk.type not in STRUCTURE:
            kind = KINDS.get(chunk.type, "private")
            body = tiff_of(chunk.body) if kind == "exif" else chunk.body
            yield Block(kind, _name(chunk.type), body, chunk.raw)
    if 12 + len(inside) < len(data):
        yield Block("trailer", "Trailer", data[12 + len(inside) :])


def _name(type: bytes) -> str:
    name = type.decode("latin-1").strip()
    return name if name.isprintable() else type.hex()
