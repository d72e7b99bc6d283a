"""The pages of a TIFF: their structural tags by an allow-list, and where their pixels lie."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.ifd import TYPES, Entry, Tree, open_tree
from safelight.codecs.reading import starts
from safelight.errors import ContainerBroken, FormatUnknown

SUBFILE, OLD_SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = (
    254,
    255,
    256,
    257,
    258,
    259,
    262,
)
MAKE, STRIPS, ORIENTATION, SAMPLES, ROWS, STRIP_BYTES, PLANAR = 271, 273, 274, 277, 278, 279, 284
TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES, SUB_PAGES = 322, 323, 324, 325, 330
JPEG_TABLES, JPEG_START, SUBSAMPLING = 347, 513, 530
DNG_VERSION, CR2_MARK = 50706, b"CR"
BYTE, SHORT, LONG, RATIONAL, UNDEFINED, FLOAT, DOUBLE, LONG8 = 1, 3, 4, 5, 7, 11, 12, 16
WHOLE = frozenset({BYTE, SHORT, LONG, LONG8})
BROKEN = frozenset({RATIONAL, FLOAT, DOUBLE})
MAX_PAGES = 10_000
MAX_SPOTS = 4_000_000
UNCOMPRESSED, LZW, OLD_JPEG, JPEG, DEFLATES, PACKBITS = 1, 5, 6, 7, (8, 32946), 32773
# Codings that decoders of pictures know; any other belongs to a camera's raw file.
CODINGS = frozenset(
    {
        *(UNCOMPRESSED, 2, 3, 4, LZW, JPEG, *DEFLATES, PACKBITS, 32771, 34661, 34676, 34677),
        *(34712, 33003, 33005, 34887, 34925, 50000, 50001, 50002),
    }
)
MOSAIC = frozenset({32803, 34892})
ONE = frozenset(
    {
        *(SUBFILE, OLD_SUBFILE, WIDTH, HEIGHT, COMPRESSION, PHOTOMETRIC, 263, 266, ORIENTATION),
        *(SAMPLES, ROWS, PLANAR, 290, 292, 293, 296, 317, TILE_WIDTH, TILE_HEIGHT, 326, 327, 328),
        *(332, 334, 531),
    }
)
# Tag: types that it may have, and how many values at most.
FEW: dict[int, tuple[frozenset[int], int]] = {
    **dict.fromkeys(ONE, (WHOLE, 1)),
    **dict.fromkeys((282, 283, 37439), (BROKEN, 1)),
    **{number: (frozenset({SHORT}), 64) for number in (BITS, 280, 281, 338, 339)},
    **{number: (WHOLE | BROKEN | {6, 8, 9}, 64) for number in (340, 341)},
    297: (frozenset({SHORT}), 2),
    321: (frozenset({SHORT}), 2),
    336: (frozenset({BYTE, SHORT}), 8),
    SUBSAMPLING: (frozenset({SHORT}), 2),
    318: (BROKEN, 2),
    319: (BROKEN, 6),
    529: (BROKEN, 3),
    532: (BROKEN | {LONG}, 6),
}
# Tables of 16-bit numbers, one for each value that a sample can have: how many such tables.
TABLES: dict[int, tuple[int, ...]] = {291: (1,), 301: (1, 3), 320: (3,)}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one strip or tile lies, and how many bytes its picture has before compression; 0 where
    that cannot be said.
    """

    start: int
    size: int
    pixels: int


@dataclass(frozen=True, slots=True)
class Page:
    """The structural tags of one page, its profile as found, and the places of its pixels."""

    tags: dict[int, Entry]
    profile: memoryview | None
    is_tiled: bool
    spots: list[Spot]

    def number(self, tag: int, usual: int) -> int:
        return number_of(self.tags, tag, usual)


@dataclass(frozen=True, slots=True)
class Document:
    """A TIFF opened: its bytes, byte order, width of offsets, and pages that are kept."""

    data: memoryview
    order: str
    is_big: bool
    pages: list[Page]


def number_of(tags: dict[int, Entry], tag: int, usual: int) -> int:
    """The first value of a tag, or what is usual without it."""
    return tags[tag].first if tag in tags and tags[tag].count else usual


def read_document(data: memoryview) -> Document:
    """Every page. Raises ContainerBroken, and FormatUnknown for a camera's raw file."""
    tree = open_tree(data)
    if tree is None:
        raise ContainerBroken("the TIFF does not start like one")
    pages = []
    for number, entries in enumerate(tree.chain(limit=MAX_PAGES + 1)):
        if number == MAX_PAGES:
            raise ContainerBroken("the TIFF has too many pages")
        tags = _first_of_each(entries)
        refuse_raw(tree, tags)
        if number and (not tags or is_thumbnail(tags)):
            continue
        pages.append(_page(tags, tree.order))
    if not pages:
        raise ContainerBroken("the TIFF has no first page")
    return Document(data, tree.order, tree.is_big, pages)


def _first_of_each(entries: list[Entry]) -> dict[int, Entry]:
    return {entry.number: entry for entry in reversed(entries)}


def is_thumbnail(tags: dict[int, Entry]) -> bool:
    """A small copy in the chain of pages: said to be reduced and not a tiled level of a pyramid, or
    held as EXIF holds its small picture.
    """
    is_reduced = bool(number_of(tags, SUBFILE, 0) & 1) or number_of(tags, OLD_SUBFILE, 0) == 2
    is_old = STRIPS not in tags and TILES not in tags and JPEG_START in tags
    return is_old or (is_reduced and TILES not in tags)


def refuse_raw(tree: Tree, tags: dict[int, Entry]) -> None:
    """Raise FormatUnknown for what a camera wrote before any development."""
    inner = [tags, *(_first_of_each(entries) for entries in sub_pages(tree, tags))]
    if DNG_VERSION in tags:
        raise FormatUnknown(
            "a raw file of a camera (DNG) is not rewritten",
            hint="develop it to TIFF or JPEG first",
        )
    if starts(tree.data, CR2_MARK, 8) and not tree.is_big and tree.first >= 16:
        raise FormatUnknown(
            "a raw file of a camera (Canon CR2) is not rewritten",
            hint="develop it to TIFF or JPEG first",
        )
    is_mosaic = any(number_of(one, PHOTOMETRIC, 0) in MOSAIC for one in inner)
    if is_mosaic or (any(_is_odd(one) for one in inner) and MAKE in tags):
        raise FormatUnknown(
            "a raw file of a camera is not rewritten", hint="develop it to TIFF or JPEG first"
        )


def _is_odd(tags: dict[int, Entry]) -> bool:
    coding = number_of(tags, COMPRESSION, 1)
    return coding not in CODINGS and (coding != OLD_JPEG or SUB_PAGES in tags)


def sub_pages(tree: Tree, tags: dict[int, Entry]) -> Iterator[list[Entry]]:
    """The directories that a page names beside the chain."""
    for place in all_numbers(tags[SUB_PAGES])[:64] if SUB_PAGES in tags else ():
        if place not in tree.seen:
            yield tree.directory(place)[0]


def all_numbers(entry: Entry) -> tuple[int, ...]:
    """Every value of a tag of whole numbers; none where it holds something else."""
    size, letter = TYPES[entry.type]
    if letter not in "BHIQ" or entry.count > MAX_SPOTS:
        return ()
    return struct.unpack_from(entry.order + letter * (len(entry.raw) // size), entry.raw)


def _page(found: dict[int, Entry], order: str) -> Page:
    tags = {number: entry for number, entry in found.items() if _is_kept(entry, found)}
    coding = number_of(tags, COMPRESSION, 1)
    if coding not in CODINGS:
        _refuse_coding(coding)
    is_tiled = TILES in found and TILE_WIDTH in tags
    profile = found[34675].raw if 34675 in found else None
    page = Page(tags, profile, is_tiled, [])
    places = found.get(TILES if is_tiled else STRIPS)
    sizes = found.get(TILE_BYTES if is_tiled else STRIP_BYTES)
    if places is None:
        raise ContainerBroken("the TIFF has a page without pixels")
    page.spots.extend(_spots(page, all_numbers(places), all_numbers(sizes) if sizes else ()))
    return page


def _refuse_coding(coding: int) -> None:
    if coding == OLD_JPEG:
        raise FormatUnknown(
            "a TIFF with JPEG in its old style is not rewritten",
            hint="convert it with the program that made it",
        )
    raise FormatUnknown(
        f"a TIFF with coding {coding} is not rewritten",
        hint="convert it with the program that made it",
    )


def _is_kept(entry: Entry, found: dict[int, Entry]) -> bool:
    types, most = FEW.get(entry.number, (frozenset(), 0))
    if entry.type in types and 0 < entry.count <= most:
        return True
    if entry.number in TABLES and entry.type == SHORT:
        values = 1 << min(16, number_of(found, BITS, 1))
        return entry.count in [count * values for count in TABLES[entry.number]]
    return entry.number == JPEG_TABLES and entry.type == UNDEFINED


def _spots(page: Page, places: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[Spot]:
    """The places that the page's sides ask for; what is listed beyond them is nothing's."""
    expected = list(_bytes_of_each(page))
    is_plain = page.number(COMPRESSION, 1) == UNCOMPRESSED
    for number, pixels in enumerate(expected[: len(places)]):
        size = sizes[number] if number < len(sizes) else 0
        if not size and places[number] and is_plain:
            size = pixels
        if not size and places[number] and not sizes:
            raise ContainerBroken("the TIFF does not say how long its pixels are")
        yield Spot(places[number], min(size, pixels) if is_plain and pixels else size, pixels)


def _bytes_of_each(page: Page) -> Iterator[int]:
    """For each strip or tile, in order: its bytes before compression."""
    width, height = page.number(WIDTH, 0), page.number(HEIGHT, 0)
    across = page.number(TILE_WIDTH, 0) if page.is_tiled else width
    down = page.number(TILE_HEIGHT, 0) if page.is_tiled else min(page.number(ROWS, height), height)
    if min(width, height, across, down) < 1:
        raise ContainerBroken("the TIFF has a page without a size")
    planes = _bits_of_planes(page)
    count = -(-width // across) * -(-height // down)
    if count * len(planes) > MAX_SPOTS:
        raise ContainerBroken("the TIFF has too many strips")
    for bits in planes:
        for number in range(count):
            rows = down if page.is_tiled else min(down, height - number * down)
            yield _bytes_of(page, across, rows, bits)


def _bits_of_planes(page: Page) -> list[int]:
    """Bits of a pixel; for each plane where the samples lie apart."""
    samples = page.number(SAMPLES, 1)
    if not 1 <= samples <= 64:
        raise ContainerBroken("the TIFF has impossible samples")
    bits = [int(value) for value in page.tags[BITS].values] if BITS in page.tags else [1]
    each = (bits + bits[-1:] * samples)[:samples]
    return each if page.number(PLANAR, 1) == 2 else [sum(each)]


def _bytes_of(page: Page, across: int, rows: int, bits: int) -> int:
    if page.number(PHOTOMETRIC, 1) == 6 and page.number(PLANAR, 1) != 2:
        wide, high = (
            (int(value) for value in page.tags[SUBSAMPLING].values)
            if SUBSAMPLING in page.tags and page.tags[SUBSAMPLING].count == 2
            else (2, 2)
        )
        units = -(-across // max(1, wide)) * -(-rows // max(1, high))
        return -(-units * (wide * high + 2) * (bits // 3) // 8)
    return rows * -(-across * bits // 8)
