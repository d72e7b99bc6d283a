"""HEIF (ISO 23008-12): the items of a file, where they lie, what they have, and their part in it.

AVIF and HEIC are the same container around other codings; both read and write through here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from safelight.codecs.isobmff import Box, Cursor, boxes, top_boxes
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

MAX_ITEMS = 4_096
MAX_EXTENTS = 65_536
MAX_LINKS = 16_384


@dataclass(slots=True)
class Item:
    """kind is its four letters, content the type of a mime item, name a free text; extents lie in
    the file (method 0) or in the idat box (method 1); owned are the numbers of properties, from 1,
    with whether each is essential.
    """

    number: int
    kind: bytes = b""
    is_hidden: bool = False
    is_protected: bool = False
    content: bytes = b""
    name: bytes = b""
    method: int = 0
    extents: list[tuple[int, int]] = field(default_factory=list)
    owned: list[tuple[int, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """A reference: its four letters, the item that it goes out from, the items that it names."""

    kind: bytes
    source: int
    targets: tuple[int, ...]


@dataclass(slots=True)
class Meta:
    """The meta box opened."""

    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    properties: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    parts: dict[tuple[bytes, int], list[int]] = field(default_factory=dict)
    groups: list[Link] = field(default_factory=list)
    handler: memoryview = memoryview(b"")
    inner_data: memoryview = memoryview(b"")
    unknown: list[Box] = field(default_factory=list)

    def properties_of(self, number: int) -> list[Box]:
        item, count = self.items.get(number), len(self.properties)
        return [self.properties[n - 1] for n, _ in item.owned if 1 <= n <= count] if item else []

    def targets(self, kind: bytes, source: int) -> list[int]:
        """The items that this one refers to in this way, in their order."""
        return self.parts.get((kind, source), [])


@dataclass(frozen=True, slots=True)
class File:
    """A whole file: its bytes, its outermost boxes, the meta box, and bytes that are in no box."""

    data: memoryview
    boxes: list[Box]
    meta: Meta
    rest: memoryview

    def first(self, kind: bytes) -> Box | None:
        return next((box for box in self.boxes if box.type == kind), None)

    def places(self, item: Item) -> list[memoryview]:
        """The item's bytes as slices of the input. Raises ContainerBroken when they are not all
        there.
        """
        if item.method > 1:
            raise ContainerBroken("the picture keeps an item in an impossible place")
        source = self.meta.inner_data if item.method == 1 else self.data
        sizes = [(start, size or max(0, len(source) - start)) for start, size in item.extents]
        return [part(source, start, size) for start, size in sizes]


def opened(data: memoryview) -> File:
    """The file in its pieces. Raises ContainerBroken when it has no readable meta box."""
    found, rest = top_boxes(data)
    for box in found:
        if box.type == b"meta":
            return File(data, found, read_meta(box.body), rest)
    raise ContainerBroken("the file has no picture")


def read_meta(body: memoryview) -> Meta:
    """The children that say what the picture is. Raises ContainerBroken."""
    meta = Meta()
    for box in boxes(part(body, 0, len(body))[4:]):
        if box.type == b"pitm":
            cursor = Cursor(box.body)
            meta.primary = (cursor.take(4) >> 24 and cursor.take(4)) or cursor.take(2)
        elif box.type == b"hdlr":
            meta.handler = box.body[24:]
        elif box.type == b"idat":
            meta.inner_data = box.body
        elif box.type in READERS:
            READERS[box.type](box.body, meta)
        elif box.type != b"dinf":
            meta.unknown.append(box)
    return meta


def _item(meta: Meta, number: int) -> Item:
    if number not in meta.items and len(meta.items) >= MAX_ITEMS:
        raise ContainerBroken("the picture has too many items")
    return meta.items.setdefault(number, Item(number))


def _read_kinds(body: memoryview, meta: Meta) -> None:
    start = 6 if body[0] == 0 else 8
    for box in boxes(body[start:]):
        if box.type == b"infe" and box.body[0] >= 2:
            cursor = Cursor(box.body, 4)
            item = _item(meta, cursor.take(2 if box.body[0] == 2 else 4))
            item.is_hidden = bool(box.body[3] & 1)
            item.is_protected = cursor.take(2) != 0
            item.kind = cursor.take(4).to_bytes(4, "big")
            item.name = cursor.text()
            item.content = cursor.text() if item.kind in (b"mime", b"uri ") else b""


def _read_places(body: memoryview, meta: Meta) -> None:
    cursor = Cursor(body)
    version = cursor.take(4) >> 24
    sizes = cursor.take(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    left = MAX_EXTENTS
    for _ in range(min(cursor.take(wide), MAX_ITEMS)):
        item = _item(meta, cursor.take(wide))
        item.method = cursor.take(2) & 15 if version else 0
        if cursor.take(2):
            raise ContainerBroken("the picture keeps an item in another file")
        base, item.extents = cursor.take(base_size), []
        count = cursor.take(2)
        left -= count
        if left < 0:
            raise ContainerBroken("the picture has its items in too many places")
        for _ in range(count):
            cursor.take(index_size)
            item.extents.append((base + cursor.take(offset_size), cursor.take(length_size)))


def _read_properties(body: memoryview, meta: Meta) -> None:
    for box in boxes(body):
        if box.type == b"ipco":
            meta.properties = list(boxes(box.body))
        elif box.type == b"ipma":
            cursor = Cursor(box.body)
            head = cursor.take(4)
            step = 2 if head & 1 else 1
            essential = 1 << (8 * step - 1)
            for _ in range(min(cursor.take(4), MAX_ITEMS)):
                item = _item(meta, cursor.take(4 if head >> 24 else 2))
                numbers = [cursor.take(step) for _ in range(cursor.take(1))]
                item.owned = item.owned or [
                    (number & (essential - 1), number >= essential) for number in numbers
                ]


def _read_links(body: memoryview, meta: Meta) -> None:
    wide = 4 if body[0] else 2
    left = MAX_LINKS
    for box in boxes(body[4:]):
        cursor = Cursor(box.body)
        source, count = cursor.take(wide), cursor.take(2)
        left -= count
        if left < 0:
            raise ContainerBroken("the picture has too many references")
        targets = tuple(cursor.take(wide) for _ in range(count))
        meta.links.append(Link(box.type, source, targets))
        meta.parts.setdefault((box.type, source), []).extend(targets)


def _read_groups(body: memoryview, meta: Meta) -> None:
    left = MAX_LINKS
    for box in boxes(body):
        cursor = Cursor(box.body, 4)
        number, count = cursor.take(4), cursor.take(4)
        left -= count
        if left < 0:
            raise ContainerBroken("the picture has too many groups")
        targets = tuple(cursor.take(4) for _ in range(count))
        meta.groups.append(Link(box.type, number, targets))


READERS = {
    b"iinf": _read_kinds,
    b"iloc": _read_places,
    b"iprp": _read_properties,
    b"iref": _read_links,
    b"grpl": _read_groups,
}


def whole(pieces: Iterable[memoryview], limit: int) -> bytes:
    """The pieces joined. Raises ContainerBroken when they are longer than limit."""
    found = list(pieces)
    if sum(map(len, found)) > limit:
        raise ContainerBroken("the picture has an item that is too long")
    return b"".join(found)
