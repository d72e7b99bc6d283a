"""The pixels of a TIFF: by libvips, and for the kinds that it does not read as a TIFF that it does:
the same bytes under another directory.
"""

from __future__ import annotations

import struct
from typing import Any

from safelight.codecs.ifd import Entry, Tree, open_tree
from safelight.codecs.loading import loaded
from safelight.codecs.samples import narrowed
from safelight.codecs.tiff_pages import (
    BITS,
    PHOTOMETRIC,
    PLANAR,
    SAMPLES,
    TILE_BYTES,
    TILES,
    number_of,
    refuse_raw,
)
from safelight.codecs.tiff_write import Layout
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Header

LOADER = "tiffload_source"
EXTRA, FORMAT = 338, 339
GREY, COLOURS, LAB, ICC_LAB = 1, 2, 8, 9
SHORT = 3
SEPARATE = 2
MAX_SAMPLES = 5
FULL_L, MIDDLE = 100 / 255, 128


def opened(data: memoryview, header: Header) -> Any:
    """The first page, or all of them one below the other where they are alike.

    Raises FormatUnknown for a camera's raw file: what could be read there is a small preview.
    """
    tree, tags = _first_page(data)
    if number_of(tags, PLANAR, 1) == SEPARATE and TILES in tags and header.frames_opened == 1:
        return _joined_planes(tree, tags)
    photometric = number_of(tags, PHOTOMETRIC, GREY)
    if photometric in (LAB, ICC_LAB) and header.bits == 8 and header.frames_opened == 1:
        return _lab(tree, tags, is_signed=photometric == LAB)
    return loaded(data, LOADER, n=-1 if header.frames_opened > 1 else 1)


def _first_page(data: memoryview) -> tuple[Tree, dict[int, Entry]]:
    tree = open_tree(data)
    if tree is None:
        raise ContainerBroken("the TIFF does not start like one")
    entries, _ = tree.directory(tree.first)
    tags = {entry.number: entry for entry in reversed(entries)}
    try:
        refuse_raw(tree, tags)
    except FormatUnknown:
        raise FormatUnknown(
            "a camera's raw file: only a small preview of it could be read here",
            hint="develop it with a RAW program and export JPEG or TIFF",
        ) from None
    return tree, tags


def _joined_planes(tree: Tree, tags: dict[int, Entry]) -> Any:
    """Tiles that each hold one channel: every channel a grey picture, then all together."""
    samples = number_of(tags, SAMPLES, 1)
    count = tags[TILES].count // max(1, samples)
    if not 1 <= samples <= MAX_SAMPLES or not count or TILE_BYTES not in tags:
        raise ContainerBroken("the TIFF has impossible planes")
    planes = []
    for plane in range(samples):
        mine = slice(plane * count, (plane + 1) * count)
        changes = {
            tag: _layout(tree).numbers(tag, [int(value) for value in tags[tag].values][mine])
            for tag in (TILES, TILE_BYTES)
        }
        changes |= {tag: _short(tree, tag, 1) for tag in (PHOTOMETRIC, SAMPLES, PLANAR)}
        for tag in (BITS, FORMAT):
            if tag in tags:
                changes[tag] = _short(tree, tag, tags[tag].first)
        planes.append(loaded(_as_if(tree, tags, changes), LOADER))
    is_deep = planes[0].format == "ushort"
    names = {1: ("b-w", "grey16"), 2: ("b-w", "grey16"), 3: ("srgb", "rgb16"), 4: ("srgb", "rgb16")}
    is_ink = number_of(tags, PHOTOMETRIC, COLOURS) == 5
    name = "cmyk" if is_ink else names.get(samples, ("multiband", "multiband"))[is_deep]
    return planes[0].bandjoin(planes[1:]).copy(interpretation=name)


def _lab(tree: Tree, tags: dict[int, Entry], *, is_signed: bool) -> Any:
    """CIE Lab in bytes: lightness 0..255 for 0..100; both others signed, or moved by 128."""
    picture = loaded(_as_if(tree, tags, {PHOTOMETRIC: _short(tree, PHOTOMETRIC, COLOURS)}), LOADER)
    light, *others = picture.bandsplit()
    channels = [light * FULL_L]
    for channel in others[:2]:
        moved = (channel >= MIDDLE).ifthenelse(channel - 2 * MIDDLE, channel)
        channels.append(moved if is_signed else channel - MIDDLE)
    joined = channels[0].bandjoin(channels[1:]).cast("float").copy(interpretation="lab")
    seen = narrowed(joined.colourspace("srgb"))
    return seen.bandjoin(others[2]) if len(others) > 2 else seen


def _layout(tree: Tree) -> Layout:
    return Layout(tree.order, tree.is_big)


def _short(tree: Tree, tag: int, value: int) -> Entry:
    return Entry(tag, SHORT, 1, memoryview(struct.pack(tree.order + "H", value)), tree.order)


def _as_if(tree: Tree, tags: dict[int, Entry], changes: dict[int, Entry]) -> bytes:
    """The file with a directory at its end that has these tags changed, and is its only one."""
    layout, end = _layout(tree), len(tree.data) + len(tree.data) % 2
    kept = {tag: entry for tag, entry in tags.items() if tag != EXTRA}
    head = layout.head()
    where = struct.pack(tree.order + layout.letter, end)
    body = bytes(tree.data[len(head) :]).ljust(end - len(head), b"\0")
    return b"".join([head[: -len(where)], where, body, layout.directory(kept | changes, end)])
