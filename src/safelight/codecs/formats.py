"""What the bytes are: a table for the first 64 of them, and a header reader for each format."""

from __future__ import annotations

from importlib import import_module

from safelight.codecs.reading import short_is_broken
from safelight.errors import ContainerBroken
from safelight.image import Format, Header

ROUTE_BYTES = 64
# Offset and bytes; every pair of a row must match. The first row that matches names the format.
SIGNATURES: tuple[tuple[Format, tuple[tuple[int, bytes], ...]], ...] = (
    ("jpeg", ((0, b"\xff\xd8\xff"),)),
    ("png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    ("webp", ((0, b"RIFF"), (8, b"WEBP"))),
    ("tiff", ((0, b"II*\0"),)),
    ("tiff", ((0, b"MM\0*"),)),
    ("tiff", ((0, b"II+\0"),)),
    ("tiff", ((0, b"MM\0+"),)),
    ("gif", ((0, b"GIF87a"),)),
    ("gif", ((0, b"GIF89a"),)),
    ("avif", ((4, b"ftyp"), (8, b"avif"))),
    ("avif", ((4, b"ftyp"), (8, b"avis"))),
)
# Which module rewrites which container without decoding it.
REWRITERS: dict[Format, str] = {"jpeg": "jpeg_clean", "png": "png_clean", "webp": "webp_clean"}
# These brands say "some HEIF file"; the list of compatible brands says which.
GENERAL_BRANDS = (b"mif1", b"msf1", b"miaf")


def route(first: bytes) -> Format | None:
    """The format that the first 64 bytes name, or None.

    A comparison with a table; nothing is parsed.
    """
    first = bytes(first[:ROUTE_BYTES])
    for format, marks in SIGNATURES:
        if all(first[at : at + len(mark)] == mark for at, mark in marks):
            return format
    if first[4:8] == b"ftyp" and first[8:12] in GENERAL_BRANDS:
        brands = {first[at : at + 4] for at in range(16, ROUTE_BYTES, 4)}
        if brands & {b"avif", b"avis"} and b"heic" not in brands:
            return "avif"
    return None


def can_rewrite(format: Format) -> bool:
    """True when this container can be scrubbed without decoding."""
    return format in REWRITERS


def read_header(data: memoryview, format: Format) -> Header:
    """The facts of the container, in bounded work and without decoding.

    Raises ContainerBroken for a structure that cannot be, FormatUnknown for a kind of picture that
    no decoder here reads. Sizes may be absurd: the caller compares them with its limits before it
    decodes.
    """
    reader = import_module(f"safelight.codecs.{format}")
    with short_is_broken():
        header: Header = reader.header(data)
    if header.width < 1 or header.height < 1 or header.frames < 1:
        raise ContainerBroken("the picture has no pixels")
    return header
