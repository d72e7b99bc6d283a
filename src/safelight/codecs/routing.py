"""What the bytes are: a table for the first of them, and a header reader for each format."""

from __future__ import annotations

from importlib import import_module

from safelight.codecs.reading import short_is_broken
from safelight.errors import ContainerBroken
from safelight.formats import Format, is_picture
from safelight.image import Header

# DICOM has its mark behind 128 bytes that may hold anything.
ROUTE_BYTES = 132
# The list of brands of an ISO file lies within these.
BRAND_BYTES = 64
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
FILM_BRANDS = (
    *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
    *(b"mp41", b"mp42", b"avc1", b"dash", b"qt  ", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"f4v "),
    *(b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a", b"3g2b", b"XAVC", b"M4A "),
)
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
    *(("heic", ((4, b"ftyp"), (8, brand))) for brand in HEIF_BRANDS),
    *(("mp4", ((4, b"ftyp"), (8, brand))) for brand in FILM_BRANDS),
    *(("mp4", ((4, kind),)) for kind in (b"moov", b"mdat", b"wide", b"pnot")),
    ("webm", ((0, b"\x1aE\xdf\xa3"),)),
    ("pdf", ((0, b"%PDF-"),)),
    ("dicom", ((128, b"DICM"),)),
    ("bmp", ((0, b"BM"), (6, bytes(4)))),
    *(("svg", ((0, start),)) for start in (b"<svg", b"<?xml", b"<!DOCTYPE svg", b"<!--")),
    *(("svg", ((0, b"\xef\xbb\xbf" + start),)) for start in (b"<svg", b"<?xml", b"<!--")),
)
# Known by name so that the refusal can say what it is.
FOREIGN: tuple[tuple[str, tuple[tuple[int, bytes], ...]], ...] = (
    ("JPEG XL", ((0, b"\xff\x0a"),)),
    ("JPEG XL", ((4, b"JXL \r\n\x87\n"),)),
    ("JPEG 2000", ((4, b"jP  \r\n\x87\n"),)),
    ("JPEG 2000", ((0, b"\xff\x4f\xff\x51"),)),
    ("Photoshop", ((0, b"8BPS"),)),
    ("ICO", ((0, b"\0\0\1\0"),)),
    ("QOI", ((0, b"qoif"),)),
    ("OpenEXR", ((0, b"v/1\x01"),)),
    ("Radiance HDR", ((0, b"#?RADIANCE"),)),
    ("Radiance HDR", ((0, b"#?RGBE"),)),
    ("RAW (Canon CR3)", ((4, b"ftypcrx"),)),
    ("RAW (Fujifilm)", ((0, b"FUJIFILMCCD-RAW"),)),
    ("RAW (Olympus)", ((0, b"IIRO"),)),
    ("RAW (Panasonic)", ((0, b"IIU\0"),)),
    ("AVI", ((0, b"RIFF"), (8, b"AVI "))),
)
# These brands say "some HEIF file"; the list of compatible brands says which.
GENERAL_BRANDS = (b"mif1", b"msf1", b"miaf")


def route(first: bytes) -> Format | None:
    """The format that the first ROUTE_BYTES bytes name, or None.

    A comparison with a table; nothing is parsed.
    """
    first = bytes(first[:ROUTE_BYTES])
    for format, marks in SIGNATURES:
        if all(first[at : at + len(mark)] == mark for at, mark in marks):
            return format
    if first[4:8] == b"ftyp" and first[8:12] in GENERAL_BRANDS:
        brands = {first[at : at + 4] for at in range(16, BRAND_BYTES, 4)}
        if brands & {b"avif", b"avis"} and b"heic" not in brands:
            return "avif"
        return "heic"
    return None


def foreign(first: bytes) -> str | None:
    """The name of a format that is known and not read, or None."""
    for name, marks in FOREIGN:
        if all(first[at : at + len(mark)] == mark for at, mark in marks):
            return name
    return None


def read_header(data: memoryview, format: Format) -> Header:
    """The facts of the container, in bounded work and without decoding.

    Raises ContainerBroken for a structure that cannot be, FormatUnknown for a kind of picture that
    no decoder here reads. Sizes may be absurd: the caller compares them with its limits before it
    decodes.
    """
    reader = import_module(f"safelight.codecs.{format}")
    with short_is_broken():
        header: Header = reader.header(data)
    if is_picture(format) and min(header.width, header.height, header.frames) < 1:
        raise ContainerBroken("the picture has no pixels")
    return header
