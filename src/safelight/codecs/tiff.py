"""TIFF and BigTIFF: the header and the blocks of metadata. Pages are counted, never decoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from safelight.codecs.blocks import Block, Kind
from safelight.codecs.exif import ORIENTATION
from safelight.codecs.ifd import Entry, open_tree
from safelight.errors import ContainerBroken
from safelight.image import Header

WIDTH, HEIGHT, BITS, PHOTOMETRIC, SAMPLES, EXTRA = 256, 257, 258, 262, 277, 338
EMBEDDED: dict[int, Kind] = {700: "xmp", 33723: "iptc", 34377: "photoshop", 34675: "icc"}
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
    """The first page's facts; frames counts every page, a loop in their chain ends it."""
    tree = open_tree(data)
    if tree is None:
        raise ContainerBroken("the TIFF does not start like one")
    entries, following = tree.directory(tree.first)
    if not entries:
        raise ContainerBroken("the TIFF has no first page")
    page = {entry.number: entry for entry in reversed(entries)}
    return _header_of(page, 1 + sum(1 for _ in tree.rest(following)))


def _header_of(page: dict[int, Entry], pages: int) -> Header:
    def number(tag: int, usual: int) -> int:
        return page[tag].first if tag in page and page[tag].count else usual

    samples = number(SAMPLES, 1)
    bits = max((int(value) for value in page[BITS].values), default=1) if BITS in page else 1
    if not 1 <= samples <= 64 or not 1 <= bits <= 64:
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


def blocks(data: memoryview) -> Iterator[Block]:
    """The file as one EXIF structure, and the packets that the tags of each page embed."""
    yield Block("exif", "TIFF", data)
    tree = open_tree(data)
    if tree is None:
        return
    for entries in tree.chain(limit=64):
        for entry in entries:
            if entry.number in EMBEDDED:
                yield Block(EMBEDDED[entry.number], f"tag {entry.number}", entry.raw)
