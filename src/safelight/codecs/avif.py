"""AVIF: boxes and items of ISO 23008-12, the header, and the blocks of metadata.

libheif applies crop, rotation and mirror by itself, so the size here is the one after them and the
orientation is always 1: an EXIF orientation in such a file is only a note.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.blocks import Block
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken
from safelight.image import Header

MAX_BOXES = 10_000
MAX_ITEMS = 4_096
MAX_EXTENTS = 65_536
MAX_ITEM_BYTES = 64_000_000
MAX_METADATA_ITEMS = 64
ALPHA_URNS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")


@dataclass(frozen=True, slots=True)
class Box:
    type: bytes
    body: memoryview


@dataclass(slots=True)
class Meta:
    """The meta box opened: which item is the picture, what each item is, where it lies, what it
    has.
    """

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    properties: list[Box] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)
    auxiliary: list[tuple[int, int]] = field(default_factory=list)
    tiles: list[tuple[int, int]] = field(default_factory=list)
    inner_data: memoryview = memoryview(b"")

    def properties_of(self, item: int) -> list[Box]:
        count = len(self.properties)
        return [self.properties[n - 1] for n in self.owned.get(item, []) if 1 <= n <= count]


def boxes(data: memoryview) -> Iterator[Box]:
    """Box after box. A size of 0 means to the end, 1 that a 64-bit size follows."""
    at = 0
    for _ in range(MAX_BOXES):
        if at + 8 > len(data):
            return
        size, type = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", part(data, at + 8, 8))[0], 16
        elif size == 0:
            size = len(data) - at
        if size < head:
            raise ContainerBroken("the AVIF has a box smaller than its head")
        yield Box(type, part(data, at, size)[head:])
        at += size
    raise ContainerBroken("the AVIF has too many boxes")


class Cursor:
    """Whole numbers of 0 to 8 bytes, one after the other."""

    def __init__(self, data: memoryview, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> int:
        self.at += size
        return int.from_bytes(part(self.data, self.at - size, size), "big")


def read_meta(body: memoryview) -> Meta:
    """The children that say what the picture is. Raises ContainerBroken."""
    meta = Meta()
    for box in boxes(part(body, 0, len(body))[4:]):
        if box.type == b"pitm":
            cursor = Cursor(box.body)
            meta.primary = (cursor.take(4) >> 24 and cursor.take(4)) or cursor.take(2)
        elif box.type == b"iinf":
            _read_kinds(box.body, meta)
        elif box.type == b"iloc":
            _read_places(box.body, meta)
        elif box.type == b"iprp":
            _read_properties(box.body, meta)
        elif box.type == b"iref":
            _read_references(box.body, meta)
        elif box.type == b"idat":
            meta.inner_data = box.body
    return meta


def _read_kinds(body: memoryview, meta: Meta) -> None:
    start = 6 if body[0] == 0 else 8
    for box in boxes(body[start:]):
        if box.type == b"infe" and box.body[0] >= 2 and len(meta.kinds) < MAX_ITEMS:
            cursor = Cursor(box.body, 4)
            item = cursor.take(2 if box.body[0] == 2 else 4)
            cursor.take(2)
            kind = cursor.take(4).to_bytes(4, "big")
            words = bytes(box.body[cursor.at :]).split(b"\0")
            meta.kinds[item] = kind + (b" " + words[1] if kind == b"mime" and words[1:] else b"")


def _read_places(body: memoryview, meta: Meta) -> None:
    cursor = Cursor(body)
    version = cursor.take(4) >> 24
    sizes = cursor.take(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    left = MAX_EXTENTS
    for _ in range(min(cursor.take(wide), MAX_ITEMS)):
        item = cursor.take(wide)
        method = cursor.take(2) & 15 if version else 0
        cursor.take(2)
        base = cursor.take(base_size)
        extents = []
        count = cursor.take(2)
        left -= count
        if left < 0:
            raise ContainerBroken("the AVIF has its items in too many places")
        for _ in range(count):
            cursor.take(index_size)
            extents.append((method, base + cursor.take(offset_size), cursor.take(length_size)))
        meta.places[item] = extents


def _read_properties(body: memoryview, meta: Meta) -> None:
    for box in boxes(body):
        if box.type == b"ipco":
            meta.properties = list(boxes(box.body))
        elif box.type == b"ipma":
            cursor = Cursor(box.body)
            head = cursor.take(4)
            for _ in range(min(cursor.take(4), MAX_ITEMS)):
                item = cursor.take(4 if head >> 24 else 2)
                step = 2 if head & 1 else 1
                mask = 0x7FFF if head & 1 else 0x7F
                numbers = [cursor.take(step) & mask for _ in range(cursor.take(1))]
                meta.owned.setdefault(item, numbers)


def _read_references(body: memoryview, meta: Meta) -> None:
    wide = 4 if body[0] else 2
    for box in boxes(body[4:]):
        cursor = Cursor(box.body)
        source = cursor.take(wide)
        if box.type in (b"auxl", b"dimg"):
            pairs = meta.auxiliary if box.type == b"auxl" else meta.tiles
            pairs.extend((source, cursor.take(wide)) for _ in range(cursor.take(2)))


def header(data: memoryview) -> Header:
    """The primary item as displayed: size after crop and rotation, bits, alpha, frames of a
    sequence.
    """
    meta, frames = None, 1
    for box in boxes(data):
        if box.type == b"meta" and meta is None:
            meta = read_meta(box.body)
        elif box.type == b"moov":
            frames = max([1, *_sample_counts(box.body)])
    if meta is None:
        raise ContainerBroken("the AVIF has no picture")
    width, height, bits, is_grey = _facts(meta.properties_of(meta.primary))
    parts = {meta.primary, *(tile for whole, tile in meta.tiles if whole == meta.primary)}
    has_alpha = any(
        target in parts and _is_alpha(meta.properties_of(source))
        for source, target in meta.auxiliary
    )
    bands = (1 if is_grey else 3) + has_alpha
    return Header("avif", width, height, 1, frames, bits, bands, has_alpha, "rgb")


def _facts(properties: list[Box]) -> tuple[int, int, int, bool]:
    width = height = 0
    bits, is_grey = 8, False
    for box in properties:
        cursor = Cursor(box.body)
        if box.type == b"ispe":
            cursor.take(4)
            width, height = cursor.take(4), cursor.take(4)
        elif box.type == b"pixi":
            cursor.take(4)
            bits = max([cursor.take(1) for _ in range(cursor.take(1))], default=8)
        elif box.type == b"av1C":
            flags = cursor.take(4) >> 8 & 0xFF
            bits = max(bits, (12 if flags & 0x20 else 10) if flags & 0x40 else 8)
            is_grey = bool(flags & 0x10)
        elif box.type == b"clap":
            width, height = _cropped(cursor, width, height)
        elif box.type == b"irot" and cursor.take(1) & 1:
            width, height = height, width
    return width, height, min(bits, 32), is_grey


def _cropped(cursor: Cursor, width: int, height: int) -> tuple[int, int]:
    across, per_across, down, per_down = (cursor.take(4) for _ in range(4))
    return min(width, across // max(per_across, 1)), min(height, down // max(per_down, 1))


def _is_alpha(properties: list[Box]) -> bool:
    return any(
        box.type == b"auxC" and bytes(box.body[4:]).split(b"\0")[0] in ALPHA_URNS
        for box in properties
    )


def _sample_counts(body: memoryview) -> Iterator[int]:
    """How many pictures each track has."""
    waiting, left = [body], MAX_BOXES
    while waiting:
        for box in boxes(waiting.pop()):
            left -= 1
            if left < 0:
                raise ContainerBroken("the AVIF has too many boxes")
            if box.type in (b"trak", b"mdia", b"minf", b"stbl"):
                waiting.append(box.body)
            elif box.type in (b"stsz", b"stz2"):
                yield Cursor(box.body, 8).take(4)


def blocks(data: memoryview) -> Iterator[Block]:
    """Metadata items, the colour profile, and boxes that no picture needs."""
    for box in boxes(data):
        if box.type == b"meta":
            meta = read_meta(box.body)
            yield from _colour(meta)
            yield from _items(data, meta)
        elif box.type == b"uuid":
            yield Block("c2pa" if b"c2pa" in bytes(box.body[:64]) else "private", "uuid", box.body)
        elif box.type not in (b"ftyp", b"mdat", b"moov", b"free", b"skip"):
            yield Block("private", box.type.decode("latin-1"), box.body)


def _colour(meta: Meta) -> Iterator[Block]:
    for box in meta.properties_of(meta.primary):
        if box.type == b"colr" and bytes(box.body[:4]) in (b"prof", b"rICC"):
            yield Block("icc", "ICC_Profile", box.body[4:])


def _items(data: memoryview, meta: Meta) -> Iterator[Block]:
    """The items that are metadata, 64 of them and 64 MB in all at most."""
    left, wanted = MAX_ITEM_BYTES, (b"Exif", b"mime")
    found = [(item, kind) for item, kind in meta.kinds.items() if kind[:4] in wanted]
    for item, kind in found[:MAX_METADATA_ITEMS]:
        body = memoryview(_bytes_of(data, meta, item, left))
        left -= len(body)
        if kind == b"Exif":
            yield Block("exif", "Exif", body[int.from_bytes(body[:4], "big") + 4 :])
        elif kind == b"mime application/rdf+xml":
            yield Block("xmp", "XMP", body)
        else:
            yield Block("private", "mime", body)


def _bytes_of(data: memoryview, meta: Meta, item: int, left: int) -> bytes:
    pieces = []
    for method, start, size in meta.places.get(item, []):
        source = meta.inner_data if method == 1 else data
        size = size or max(0, len(source) - start)
        left -= size
        if method > 1 or left < 0:
            raise ContainerBroken("the AVIF keeps an item in an impossible place")
        pieces.append(part(source, start, size))
    return b"".join(pieces)
