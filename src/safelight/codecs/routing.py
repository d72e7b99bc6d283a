"""What the bytes are: a table for the first of them, and a header reader for each format."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Literal

from safelight.codecs.reading import short_is_broken
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.formats import Format, is_picture
from safelight.image import Header

Marks = tuple[tuple[int, bytes], ...]
EXPORT = "export it as PNG"
NETPBM = tuple(
    ((0, b"P" + kind + blank),)
    for kind in (b"1", b"2", b"3", b"4", b"5", b"6", b"7")
    for blank in (b"\n", b" ", b"\r", b"\t")
)
# Versions of the format that are about.
PCX_AGES = (b"\0", b"\2", b"\3", b"\4", b"\5")
# Length of group, character set, kind of picture, date and time of making, class, identity.
FIRST_ELEMENTS = (
    *((b"\x08\0\0", b"UL"), (b"\x08\0\5", b"CS"), (b"\x08\0\x08", b"CS")),
    *((b"\x08\0\x12", b"DA"), (b"\x08\0\x13", b"TM"), (b"\x08\0\x16", b"UI")),
    (b"\x08\0\x18", b"UI"),
)
# An object that starts with an element of group 0002 or 0008, as such objects do: its number,
# then its kind in two letters, or a length below 64 KiB. One of them may have a byte before it.
BARE_DICOM: tuple[Marks, ...] = (
    ((0, b"\2\0\0\0UL\4\0"),),
    ((0, b"\2\0\1\0OB\0\0"),),
    *(((0, start + b"\0" + kind),) for start, kind in FIRST_ELEMENTS),
    *(((0, b" " + start + b"\0" + kind),) for start, kind in FIRST_ELEMENTS),
    *(((0, start + b"\0"), (6, b"\0\0")) for start, _ in FIRST_ELEMENTS),
    *(((0, b"\0\x08\0" + start[2:] + kind),) for start, kind in FIRST_ELEMENTS),
)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A format that is known by name and not read. marks: any of them names it."""

    title: str
    endings: tuple[str, ...]
    marks: tuple[Marks, ...]
    hint: str


# DICOM has its mark behind 128 bytes that may hold anything.
MARK_AT, ROUTE_BYTES = 128, 132
# The list of brands of an ISO file lies within these.
BRAND_BYTES = 64
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
FILM_BRANDS = (
    *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
    *(b"mp41", b"mp42", b"avc1", b"dash", b"qt  ", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"f4v "),
    *(b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a", b"3g2b", b"XAVC", b"M4A "),
)
# Offset and bytes; every pair of a row must match. The first row that matches names the format.
SIGNATURES: tuple[tuple[Format, Marks], ...] = (
    ("jpeg", ((0, b"\xff\xd8\xff"),)),
    ("png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    ("webp", ((0, b"RIFF"), (8, b"WEBP"))),
    # Before TIFF: what lies before the mark may be the start of one, to please its readers.
    ("dicom", ((MARK_AT, b"DICM"),)),
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
    ("bmp", ((0, b"BM"), (6, bytes(4)))),
    *(("svg", ((0, start),)) for start in (b"<svg", b"<?xml", b"<!DOCTYPE svg", b"<!--")),
    *(("svg", ((0, b"\xef\xbb\xbf" + start),)) for start in (b"<svg", b"<?xml", b"<!--")),
)
# Known by name so that the refusal can say what it is and what helps.
FOREIGN: tuple[Foreign, ...] = (
    Foreign(
        "JPEG XL",
        ("jxl",),
        (((0, b"\xff\x0a"),), ((4, b"JXL \r\n\x87\n"),)),
        "djxl photo.jxl photo.jpg gives back the JPEG that many of them hold",
    ),
    Foreign(
        "JPEG 2000",
        ("jp2", "j2k", "jpx"),
        (((4, b"jP  \r\n\x87\n"),), ((0, b"\xff\x4f\xff\x51"),)),
        "export it as TIFF or PNG, which keep 16 bit",
    ),
    Foreign("Photoshop", ("psd", "psb"), (((0, b"8BPS"),),), "export it as TIFF or PNG"),
    # Before ICO: colour without a table starts as a CUR does, with no picture in it.
    Foreign(
        "TGA",
        ("tga",),
        tuple(((0, b"\0\0" + kind + bytes(5)),) for kind in (b"\2", b"\3", b"\x0a", b"\x0b")),
        EXPORT,
    ),
    Foreign("PCX", ("pcx",), tuple(((0, b"\x0a" + age + b"\1"),) for age in PCX_AGES), EXPORT),
    Foreign("DDS", ("dds",), (((0, b"DDS \x7c\0\0\0"),),), EXPORT),
    Foreign(
        "SGI",
        ("sgi", "rgb", "bw"),
        tuple(((0, b"\x01\xda" + way),) for way in (b"\0\1", b"\1\1", b"\0\2", b"\1\2")),
        EXPORT,
    ),
    Foreign("ICO, CUR", ("ico", "cur"), (((0, b"\0\0\1\0"),), ((0, b"\0\0\2\0"),)), EXPORT),
    Foreign("QOI", ("qoi",), (((0, b"qoif"),),), EXPORT),
    Foreign("OpenEXR", ("exr",), (((0, b"v/1\x01"),),), "export it as a 16-bit TIFF"),
    Foreign(
        "Radiance HDR",
        ("hdr", "pic"),
        (((0, b"#?RADIANCE"),), ((0, b"#?RGBE"),)),
        "export it as a 16-bit TIFF",
    ),
    Foreign(
        "RAW (Canon, Fujifilm, Minolta, Olympus, Panasonic, Sigma)",
        ("cr3", "crw", "raf", "mrw", "orf", "rw2", "x3f"),
        (
            ((4, b"ftypcrx"),),
            ((0, b"FUJIFILMCCD-RAW"),),
            *(((0, mark),) for mark in (b"IIRO", b"IIRS", b"MMOR")),
            ((0, b"IIU\0"),),
            ((6, b"HEAPCCDR"),),
            ((0, b"\0MRM"),),
            ((0, b"FOVb"),),
        ),
        "develop it with a RAW program and export JPEG or TIFF",
    ),
    Foreign("Netpbm", ("ppm", "pgm", "pbm", "pam"), NETPBM, EXPORT),
    Foreign(
        "HEIF with a minimized header",
        ("heif", "avif"),
        (((4, b"ftyp"), (8, b"mif3")),),
        "export it as an ordinary AVIF or HEIC, or as PNG",
    ),
    Foreign(
        "DICOM without its file header",
        ("dcm",),
        BARE_DICOM,
        "dcmconv of DCMTK, or pydicom's dcmwrite, write it with one",
    ),
    Foreign("AVI", ("avi",), (((0, b"RIFF"), (8, b"AVI ")),), "convert it to MP4"),
)
# These brands say "some HEIF file"; the list of compatible brands says which.
GENERAL_BRANDS = (b"mif1", b"msf1", b"miaf")


class Brief(bytearray):
    """The first bytes of a file, overwritten when nobody holds them any more: a comment or a name
    may stand there already.
    """

    def __del__(self) -> None:
        self[:] = bytes(len(self))


def route(first: bytes | Brief | memoryview) -> Format | None:
    """The format that the first ROUTE_BYTES bytes name, or None.

    A comparison with a table; nothing is parsed.
    """
    first = first if isinstance(first, Brief) else Brief(first[:ROUTE_BYTES])
    if foreign(first) is not None:
        return None
    for format, marks in SIGNATURES:
        if _fits(first, marks):
            return format
    if first[4:8] == b"ftyp" and first[8:12] in GENERAL_BRANDS:
        brands = {bytes(first[at : at + 4]) for at in range(16, BRAND_BYTES, 4)}
        if brands & {b"avif", b"avis"} and b"heic" not in brands:
            return "avif"
        return "heic"
    return None


def foreign(first: bytes | Brief) -> Foreign | None:
    """A format that is known by name and not read, or None."""
    if first[MARK_AT:ROUTE_BYTES] == b"DICM":
        return None
    return next((one for one in FOREIGN if any(_fits(first, marks) for marks in one.marks)), None)


def refusal(first: bytes | Brief) -> FormatUnknown:
    """Why bytes that route to nothing are not read: what they are, where that is known."""
    if not first:
        return FormatUnknown("the file is empty", hint="ask for the file again: nothing of it came")
    known = foreign(first if isinstance(first, Brief) else Brief(first[:ROUTE_BYTES]))
    if known is None:
        return FormatUnknown()
    return FormatUnknown(f"this is {known.title}, which Safelight does not read", hint=known.hint)


def _fits(first: bytes | Brief, marks: Marks) -> bool:
    return all(first[at : at + len(mark)] == mark for at, mark in marks)


def part_of(format: Format, role: Literal["", "pixels", "save"]) -> ModuleType:
    """The module of this format that reads its container, opens its pixels or writes them.

    Raises FormatUnknown where there is none.
    """
    name = f"safelight.codecs.{format}" + (f"_{role}" if role else "")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise FormatUnknown(f"{format} is known, but this version does not work on it") from None


def read_header(data: memoryview, format: Format) -> Header:
    """The facts of the container, in bounded work and without decoding.

    Raises ContainerBroken for a structure that cannot be, FormatUnknown for a kind of picture that
    no decoder here reads. Sizes may be absurd: the caller compares them with its limits before it
    decodes.
    """
    reader = part_of(format, "")
    with short_is_broken():
        header: Header = reader.header(data)
    if is_picture(format) and min(header.width, header.height, header.frames) < 1:
        raise ContainerBroken("the picture has no pixels")
    return header
