"""The header of a HEIF file: the primary item as it is displayed.

libheif applies crop, rotation and mirror by itself, so the size here is the one after them and the
orientation is always 1: an EXIF orientation in such a file is only a note.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from safelight.codecs.heif import File
from safelight.codecs.heif_movie import Track, shown, tracks
from safelight.codecs.heif_roles import ALPHA, auxiliary_type
from safelight.codecs.isobmff import Box, Cursor
from safelight.errors import FormatUnknown
from safelight.formats import Format
from safelight.image import Header

UNCOMPRESSED = b"unci"
# A file of this brand is a still first of all, whatever sequence lies behind it.
STILL = b"avif"


@dataclass(slots=True)
class Facts:
    """What the properties of an item say; bits 0 when they do not."""

    width: int = 0
    height: int = 0
    bits: int = 0
    is_grey: bool = False


def header_of(file: File, format: Format) -> Header:
    """Size after crop and rotation, bits, alpha, frames of a sequence; even where all go on.

    Raises ContainerBroken, FormatUnknown for an uncompressed picture.
    """
    meta, primary = file.meta, file.meta.primary
    tiles = meta.targets(b"dimg", primary)
    if any(meta.items[one].kind == UNCOMPRESSED for one in (primary, *tiles) if one in meta.items):
        raise FormatUnknown(
            "an uncompressed HEIF picture is not read", hint="export it as PNG or TIFF"
        )
    facts = facts_of(meta.properties_of(primary))
    coded = facts_of(meta.properties_of(tiles[0])) if tiles else facts
    bits = min(facts.bits or coded.bits or 8, 32)
    parts = {primary, *tiles}
    has_alpha = any(
        link.kind == b"auxl"
        and not parts.isdisjoint(link.targets)
        and auxiliary_type(meta, link.source) in ALPHA
        for link in meta.links
    )
    bands = (1 if facts.is_grey or coded.is_grey else 3) + has_alpha
    every = tracks(file.first(b"moov"))
    frames = max([1, *(track.frames() for track in every if track.is_seen)])
    size = (facts.width, facts.height)
    return Header(
        *(format, *size, 1, frames, bits, bands, has_alpha, "rgb"),
        is_even=frames == 1 or _is_even(file, every, size, frames),
    )


def _is_even(file: File, every: list[Track], size: tuple[int, int], frames: int) -> bool:
    """True if a reader of sequences opens the shown track, uncropped and as large as the still."""
    brand, first = file.first(b"ftyp"), next(iter(shown(every)), None)
    if brand is None or bytes(brand.body[:4]) == STILL or first is None:
        return False
    properties = first.properties()
    if any(box.type == b"clap" for box in properties):
        return False
    facts = facts_of([coded_size(first), *properties])
    return (facts.width, facts.height) == size and first.frames() == frames


def coded_size(track: Track) -> Box:
    """Width and height of a track's frames before they are cropped or turned, as a still has them:
    behind a version and flags.
    """
    sides = struct.unpack(">HH", track.entry.body[24:28])
    return Box(b"ispe", memoryview(struct.pack(">III", 0, *sides)))


def facts_of(properties: list[Box]) -> Facts:
    """Size, depth and whether there is colour at all, each property applied in its order."""
    facts = Facts()
    for box in properties:
        cursor = Cursor(box.body)
        if box.type == b"ispe":
            cursor.take(4)
            facts.width, facts.height = cursor.take(4), cursor.take(4)
        elif box.type == b"pixi":
            cursor.take(4)
            channels = [cursor.take(1) for _ in range(cursor.take(1))]
            facts.bits = max([facts.bits, *channels])
        elif box.type == b"av1C":
            flags = cursor.take(4) >> 8 & 0xFF
            facts.bits = max(facts.bits, (12 if flags & 0x20 else 10) if flags & 0x40 else 8)
            facts.is_grey = bool(flags & 0x10)
        elif box.type == b"hvcC":
            cursor.take(16)
            facts.is_grey = cursor.take(1) & 3 == 0
            facts.bits = max(facts.bits, 8 + (cursor.take(1) & 7))
        elif box.type == b"clap":
            facts.width, facts.height = _cropped(cursor, facts.width, facts.height)
        elif box.type == b"irot" and cursor.take(1) & 1:
            facts.width, facts.height = facts.height, facts.width
    return facts


def _cropped(cursor: Cursor, width: int, height: int) -> tuple[int, int]:
    across, per_across, down, per_down = (cursor.take(4) for _ in range(4))
    return min(width, across // max(per_across, 1)), min(height, down // max(per_down, 1))
