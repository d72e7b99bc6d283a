"""TIFF rewritten: every page with its structural tags, its strips or tiles as they were, and the
clean blocks in the first page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs import icc
from safelight.codecs.blocks import Carried
from safelight.codecs.exif import EXIF_POINTER, GPS_POINTER, INTEROP_POINTER, Exif, Tag, read_exif
from safelight.codecs.exif_words import exif_findings
from safelight.codecs.ifd import Entry
from safelight.codecs.reading import part
from safelight.codecs.tiff_pages import (
    BYTE,
    COMPRESSION,
    JPEG_TABLES,
    ORIENTATION,
    STRIP_BYTES,
    STRIPS,
    TILE_BYTES,
    TILES,
    UNDEFINED,
    Document,
    Page,
    Spot,
)
from safelight.codecs.tiff_stream import Coded, tidy, tidy_tables
from safelight.codecs.tiff_write import Layout
from safelight.image import Finding

Pieces = list[bytes | memoryview]
Entries = dict[int, Entry]
XMP, PROFILE, FILL_ORDER = 700, 34675, 266
# Bytes of a page that are looked at code by code where it is LZW: two seconds.
LONG = 4_000_000
# Where a directory lies that another one points to.
POINTERS: tuple[tuple[int, str, str], ...] = (
    (INTEROP_POINTER, "ExifIFD", "Interop"),
    (EXIF_POINTER, "IFD0", "ExifIFD"),
    (GPS_POINTER, "IFD0", "GPS"),
)
NAMES: tuple[str, ...] = ("IFD0", "ExifIFD", "GPS", "Interop")


@dataclass(slots=True)
class Sheet:
    """One page as it will stand: its directories by name, and its pixels."""

    directories: dict[str, Entries]
    is_tiled: bool
    places: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    pieces: list[Coded] = field(default_factory=list)

    @property
    def main(self) -> Entries:
        return self.directories["IFD0"]


def rewritten(walked: Document, carried: Carried) -> Pieces:
    """The pieces of the clean file. Raises ContainerBroken where pixels lie outside of it."""
    layout = Layout(walked.order, walked.is_big)
    out: Pieces = [layout.head()]
    at = len(out[0])
    for number, page in enumerate(walked.pages):
        sheet = Sheet({"IFD0": dict(page.tags)}, page.is_tiled)
        _blocks(sheet, carried, page, is_first=number == 0, order=walked.order)
        _pixels(sheet, walked, page)
        is_last = number + 1 == len(walked.pages)
        pieces, at = _written(sheet, layout, at, is_last=is_last)
        out += pieces
    return out


def stays(walked: Document) -> list[Finding]:
    """What the first pages say besides where their pixels lie: resolution, colour, which side is
    up. Readers need it to show them, so it is written again as it was.
    """
    tags = [
        Tag(f"IFD{number}", entry)
        for number, page in enumerate(walked.pages[:2])
        for entry in page.tags.values()
        if number or entry.number != ORIENTATION
    ]
    return list(exif_findings(Exif(tuple(tags), is_broken=False)))


def _blocks(sheet: Sheet, carried: Carried, page: Page, *, is_first: bool, order: str) -> None:
    """The clean blocks stand in the first page, a clean profile in each that had one."""
    tables = page.tags.get(JPEG_TABLES)
    if tables is not None:
        sheet.main[JPEG_TABLES] = _bytes(JPEG_TABLES, UNDEFINED, tidy_tables(tables.raw), order)
    if is_first:
        sheet.main.pop(ORIENTATION, None)
        for tag in _tags(carried):
            sheet.directories.setdefault(tag.directory, {}).setdefault(tag.entry.number, tag.entry)
        if carried.xmp is not None:
            sheet.main[XMP] = _bytes(XMP, BYTE, carried.xmp, order)
    profile = carried.icc if is_first else None
    if page.profile is not None and not is_first:
        profile = icc.clean(page.profile, standard=carried.standard_colour)
    if profile is not None:
        sheet.main[PROFILE] = _bytes(PROFILE, UNDEFINED, profile, order)


def _tags(carried: Carried) -> Iterator[Tag]:
    exif = read_exif(memoryview(carried.exif)) if carried.exif is not None else None
    yield from (tag for tag in (exif.tags if exif else ()) if tag.directory != "IFD1")


def _bytes(number: int, type: int, raw: Coded, order: str) -> Entry:
    return Entry(number, type, len(raw), memoryview(raw), order)


def _pixels(sheet: Sheet, walked: Document, page: Page) -> None:
    """Every strip once; what several entries name is kept once as well."""
    coding = page.number(COMPRESSION, 1)
    is_mirrored = page.number(FILL_ORDER, 1) == 2
    known: dict[Spot, tuple[int, int]] = {}
    is_long = sum(spot.size for spot in page.spots) > LONG
    end = 0
    for spot in page.spots:
        if spot not in known:
            raw = part(walked.data, spot.start, spot.size)
            piece = raw if is_mirrored else tidy(raw, coding, spot.pixels, is_long=is_long)
            known[spot] = (end if len(piece) else -1, len(piece))
            sheet.pieces += [piece, b"\0"] if len(piece) % 2 else [piece]
            end += len(piece) + len(piece) % 2
        sheet.places.append(known[spot][0])
        sheet.sizes.append(known[spot][1])


def _written(sheet: Sheet, layout: Layout, at: int, *, is_last: bool) -> tuple[Pieces, int]:
    """Directories, then pixels; and where the next page begins."""
    tags = (TILES, TILE_BYTES) if sheet.is_tiled else (STRIPS, STRIP_BYTES)
    for tag in tags:
        sheet.main[tag] = layout.numbers(tag, sheet.sizes)
    linked = []
    for number, holder, name in POINTERS:
        if name in sheet.directories:
            sheet.directories.setdefault(holder, {})[number] = layout.numbers(number, [0])
            linked.append((number, holder, name))
    names = [name for name in NAMES if name in sheet.directories]
    starts: dict[str, int] = {}
    for name in names:
        starts[name] = at
        at += layout.size(sheet.directories[name])
    for number, holder, name in linked:
        sheet.directories[holder][number] = layout.numbers(number, [starts[name]])
    places = [at + place if place >= 0 else 0 for place in sheet.places]
    sheet.main[tags[0]] = layout.numbers(tags[0], places)
    end = at + sum(len(piece) for piece in sheet.pieces)
    out: Pieces = []
    for name in names:
        following = 0 if is_last or name != "IFD0" else end
        out.append(layout.directory(sheet.directories[name], starts[name], following))
    return out + sheet.pieces, end
