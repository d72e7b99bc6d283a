"""TIFF and BigTIFF: the header and the blocks of metadata. Pages are counted, never decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from safelight.codecs.blocks import Block, Kind
from safelight.codecs.exif import ORIENTATION
from safelight.codecs.ifd import Entry, open_tree
from safelight.codecs.tiff_pages import (
    BITS,
    HEIGHT,
    JPEG_START,
    PHOTOMETRIC,
    SAMPLES,
    STRIP_BYTES,
    STRIPS,
    TILE_BYTES,
    TILES,
    WIDTH,
    Document,
    is_thumbnail,
    read_document,
    sub_pages,
)
from safelight.errors import ContainerBroken
from safelight.image import Header
from safelight.limits import MAX_FRAMES

EMBEDDED: dict[int, Kind] = {700: "xmp", 33723: "iptc", 34377: "photoshop", 34675: "icc"}
EXTRA, FORMAT = 338, 339
MAX_SAMPLES = 64
SHARED = frozenset({WIDTH, HEIGHT, BITS, PHOTOMETRIC, SAMPLES, EXTRA, FORMAT, ORIENTATION})
Colour = Literal["grey", "rgb", "cmyk", "other"]
# Photometric interpretation: colour and how many samples it takes; a palette gives three.
COLOURS: dict[int, tuple[Colour, int]] = {
    0: ("grey", 1),
    1: ("grey", 1),
    2: ("rgb", 3),
    3: ("rgb", 1),
    5: ("cmyk", 4),
    6: ("rgb", 3),
    8: ("other", 3),
    9: ("other", 3),
}


def header(data: memoryview) -> Header:
    """The first page's facts; frames counts every page, a loop in their chain ends it; is_even says
    if all are of one kind.
    """
    tree = open_tree(data)
    if tree is None:
        raise ContainerBroken("the TIFF does not start like one")
    entries, following = tree.directory(tree.first)
    if not entries:
        raise ContainerBroken("the TIFF has no first page")
    page = {entry.number: entry for entry in reversed(entries)}
    pages = 1 + sum(1 for _ in tree.rest(following))
    return replace(_header_of(page, pages), is_even=pages == 1 or _are_alike(data, pages))


def _are_alike(data: memoryview, pages: int) -> bool:
    """True if all pages share what those of one pipeline must share."""
    tree = open_tree(data)
    if tree is None or pages > MAX_FRAMES:
        return False
    kinds = {
        frozenset(
            (entry.number, tuple(entry.values) if entry.count <= MAX_SAMPLES else ())
            for entry in entries
            if entry.number in SHARED
        )
        for entries in tree.chain(limit=pages)
    }
    return len(kinds) == 1 and not tree.is_broken


def _header_of(page: dict[int, Entry], pages: int) -> Header:
    def number(tag: int, usual: int) -> int:
        return page[tag].first if tag in page and page[tag].count else usual

    samples = number(SAMPLES, 1)
    bits = max((int(value) for value in page[BITS].values), default=1) if BITS in page else 1
    if not 1 <= samples <= MAX_SAMPLES or not 1 <= bits <= 64:
        raise ContainerBroken("the TIFF has impossible samples")
    photometric = number(PHOTOMETRIC, 1)
    colour, needed = COLOURS.get(photometric, ("other", samples))
    has_alpha = samples > needed
    bands = samples + 2 if photometric == 3 else samples
    orientation = number(ORIENTATION, 1)
    return Header(
        "tiff",
        number(WIDTH, 0),
        number(HEIGHT, 0),
        orientation if 1 <= orientation <= 8 else 1,
        pages,
        bits=min(8 if photometric == 3 else bits, 32),
        bands=bands,
        has_alpha=has_alpha,
        colour=colour,
    )


def walk(data: memoryview) -> Document:
    """Every page with the places of its pixels.

    Raises ContainerBroken when they cannot be found, FormatUnknown for a camera's raw file.
    """
    return read_document(data)


def blocks(data: memoryview, _walked: Document | None = None) -> Iterator[Block]:
    """The file as one EXIF structure, the packets that the tags of each page embed, and the small
    copies beside the pages.
    """
    yield Block("exif", "TIFF", data)
    tree = open_tree(data)
    if tree is None:
        return
    for number, entries in enumerate(tree.chain(limit=64)):
        for entry in entries:
            if entry.number in EMBEDDED:
                yield Block(EMBEDDED[entry.number], f"tag {entry.number}", entry.raw)
        tags = {entry.number: entry for entry in reversed(entries)}
        if number and is_thumbnail(tags):
            yield Block("thumbnail", "ReducedPage", _first_part(data, tags))
        for inner in sub_pages(tree, tags):
            small = {entry.number: entry for entry in reversed(inner)}
            yield Block("thumbnail", "SubIFD", _first_part(data, small))


def _first_part(data: memoryview, tags: dict[int, Entry]) -> memoryview:
    """The first strip or tile of a small copy, as far as it can be found."""
    for place, size in ((STRIPS, STRIP_BYTES), (TILES, TILE_BYTES), (JPEG_START, JPEG_START + 1)):
        if place in tags and size in tags:
            start = tags[place].first
            return data[start : start + tags[size].first]
    return data[:0]
