"""PNG: chunks with their checksums, the header, and the blocks of metadata."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.blocks import Block, Kind
from safelight.codecs.exif import orientation_of
from safelight.codecs.reading import decoded, part, starts
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Header

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
# Chunks that tell how pixels look, not where they come from.
LOOKS = frozenset(
    {
        *(b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"tRNS", b"bKGD", b"pHYs", b"hIST"),
        *(b"cICP", b"mDCV", b"mDCv", b"cLLI", b"cLLi"),
    }
)
ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
RAW_PROFILES: dict[str, Kind] = {
    "exif": "exif",
    "APP1": "exif",
    "iptc": "photoshop",
    "8bim": "photoshop",
    "xmp": "xmp",
    "icc": "icc",
    "icm": "icc",
}
# APP1 holds EXIF, or XMP behind its mark.
XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_DIGITS = re.compile(rb"[0-9A-Fa-f\s]*")
MAX_CHUNKS = 200_000
MAX_TEXT = 4_000_000
MAX_TEXTS = 32_000_000
# Colour type: samples per pixel, allowed bits.
COLOUR_TYPES: dict[int, tuple[int, tuple[int, ...]]] = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four letters, what it holds, and the whole of it with length and checksum."""

    type: bytes
    body: memoryview
    raw: memoryview

    @property
    def is_critical(self) -> bool:
        return not self.type[0] & 0x20

    @property
    def is_sound(self) -> bool:
        """True when the checksum is right."""
        return zlib.crc32(self.raw[4:-4]) == int.from_bytes(self.raw[-4:], "big")


@dataclass(frozen=True, slots=True)
class Layout:
    """What IHDR says."""

    width: int
    height: int
    bits: int
    colour_type: int
    is_interlaced: bool

    @property
    def samples(self) -> int:
        return COLOUR_TYPES[self.colour_type][0]


def chunks(data: memoryview) -> Iterator[Chunk]:
    """Every chunk up to and with IEND. Raises ContainerBroken when the file ends before it."""
    if not starts(data, SIGNATURE):
        raise ContainerBroken("the PNG does not start like one")
    at = 8
    for _ in range(MAX_CHUNKS):
        size = struct.unpack_from(">I", part(data, at, 8))[0]
        raw = part(data, at, size + 12)
        chunk = Chunk(bytes(raw[4:8]), raw[8:-4], raw)
        if not (chunk.type.isascii() and chunk.type.isalpha()):
            raise ContainerBroken("the PNG has a chunk without a name")
        yield chunk
        if chunk.type == b"IEND":
            return
        at += len(raw)
    raise ContainerBroken("the PNG has too many chunks")


def layout_of(chunk: Chunk) -> Layout:
    """IHDR checked against the standard. Raises ContainerBroken."""
    if chunk.type == b"CgBI":
        raise FormatUnknown("a PNG made for an app bundle is not read", hint="export it anew")
    if chunk.type != b"IHDR" or len(chunk.body) != 13:
        raise ContainerBroken("the PNG does not start with its header")
    width, height, bits, colour, method, filters, interlace = struct.unpack(">IIBBBBB", chunk.body)
    if bits not in COLOUR_TYPES.get(colour, (0, ()))[1] or method or filters or interlace > 1:
        raise ContainerBroken("the PNG has an impossible header")
    return Layout(width, height, bits, colour, interlace == 1)


def header(data: memoryview) -> Header:
    """Size, bits, bands as they come out of a decoder (palette is rgb), frames that are there, eXIf
    orientation.
    """
    found = chunks(data)
    layout = layout_of(next(found))
    frames, orientation, has_alpha = 0, 0, layout.colour_type in (4, 6)
    before_pixels, announced = True, 0
    for chunk in found:
        if chunk.type == b"IDAT":
            before_pixels = False
        elif chunk.type == b"acTL" and before_pixels and len(chunk.body) == 8:
            announced = struct.unpack_from(">I", chunk.body)[0]
        elif chunk.type == b"fcTL":
            frames += 1
        elif chunk.type == b"tRNS" and before_pixels:
            has_alpha = True
        elif chunk.type == b"eXIf" and not orientation:
            orientation = orientation_of(chunk.body)
    if before_pixels:
        raise ContainerBroken("the PNG has no pixels")
    is_grey = layout.colour_type in (0, 4)
    return Header(
        "png",
        layout.width,
        layout.height,
        orientation or 1,
        max(1, min(frames, announced)),
        bits=layout.bits if layout.colour_type != 3 else 8,
        bands=(1 if is_grey else 3) + has_alpha,
        has_alpha=has_alpha,
        colour="grey" if is_grey else "rgb",
    )


def walk(data: memoryview) -> list[Chunk]:
    """The whole container in its pieces.

    Raises ContainerBroken when it cannot be walked to its end.
    """
    return list(chunks(data))


def blocks(data: memoryview, walked: list[Chunk] | None = None) -> Iterator[Block]:
    """Everything in the file that is neither pixel nor colour."""
    end, inflater = 8, Inflater()
    for chunk in walked or chunks(data):
        yield from _block(chunk, inflater)
        end += len(chunk.raw)
    if end < len(data):
        yield Block("trailer", "Trailer", data[end:])


class Inflater:
    """Unpacks texts, at most 4 MB each and 32 MB in all: a file may hold thousands of bombs."""

    def __init__(self) -> None:
        self.left = MAX_TEXTS

    def text(self, packed: bytes | memoryview) -> memoryview:
        """What comes out; nothing when it is damaged, or when there was too much before."""
        if not self.left:
            return memoryview(b"")
        try:
            text = zlib.decompressobj().decompress(packed, min(MAX_TEXT, self.left))
        except zlib.error:
            return memoryview(b"")
        self.left -= len(text)
        return memoryview(text)


def _block(chunk: Chunk, inflater: Inflater) -> Iterator[Block]:
    if chunk.type in CRITICAL | LOOKS | ANIMATION:
        return
    if chunk.type in (b"tEXt", b"zTXt", b"iTXt"):
        yield from _text(chunk, inflater)
    elif chunk.type == b"iCCP":
        yield Block("icc", "ICC_Profile", inflater.text(_after_key(chunk.body)[1:]))
    elif chunk.type == b"eXIf":
        yield Block("exif", "eXIf", chunk.body)
    elif chunk.type == b"tIME" and len(chunk.body) == 7:
        yield Block("time", "tIME", chunk.body)
    else:
        kind: Kind = "c2pa" if chunk.type == b"caBX" else "private"
        yield Block(kind, chunk.type.decode("latin-1"), chunk.body, chunk.raw)


def _after_key(body: memoryview) -> memoryview:
    end = bytes(body[:80]).find(b"\0")
    return body[end + 1 :] if end >= 0 else body[:0]


def _text(chunk: Chunk, inflater: Inflater) -> Iterator[Block]:
    rest = _after_key(chunk.body)
    key = decoded(chunk.body[: len(chunk.body) - len(rest)], 79)
    if chunk.type == b"zTXt":
        rest = inflater.text(rest[1:])
    elif chunk.type == b"iTXt":
        is_packed, words = starts(rest, b"\1"), bytes(rest[2:]).split(b"\0", 2)
        rest = inflater.text(words[-1]) if is_packed else memoryview(words[-1])
    yield from _known_text(key, rest)


def _known_text(key: str, words: memoryview) -> Iterator[Block]:
    """XMP, EXIF and IPTC hide in texts under agreed names, some of them in hexadecimal."""
    if key == "XML:com.adobe.xmp":
        yield Block("xmp", "XMP", words)
    elif key.startswith("Raw profile type "):
        kind = RAW_PROFILES.get(key.removeprefix("Raw profile type "), "private")
        yield _raw_profile(key, kind, words)
    else:
        yield Block("text", key, words)


def _raw_profile(key: str, kind: Kind, words: memoryview) -> Block:
    """A name, a length, then hexadecimal digits. Programs write wrong lengths, and bytes behind
    the digits: what counts are the digits. Words without any are a block that nobody can read.
    """
    lines = bytes(words).split(None, 2)
    found = _DIGITS.match(lines[2]) if len(lines) == 3 else None
    digits = b"".join(found[0].split()) if found else b""
    raw = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    if kind == "exif" and raw.startswith(XMP_MARK):
        return Block("xmp", key, memoryview(raw.removeprefix(XMP_MARK)), is_aside=True)
    if kind == "exif":
        raw = raw.removeprefix(b"Exif\0\0")
    return Block(kind, key, memoryview(raw) if raw or kind == "icc" else words, is_aside=True)
