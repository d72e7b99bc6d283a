"""A HEIF file written from clean entries: brands, the meta box, the data."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from safelight.codecs.isobmff import boxed, full_box
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]
MOST_BYTES = 2**32 - 1
SMALL_INDEX = 127
LONGEST_LIST = 255


@dataclass(slots=True)
class Entry:
    """An item to write. properties are whole boxes, each with whether it is essential; links name
    other entries by their number; is_inner data lie in the idat box. Entries with one and the same
    list of data share their place; origin is where they lay in the input, in one piece.
    """

    kind: bytes
    data: Pieces
    content: bytes = b""
    is_hidden: bool = False
    is_inner: bool = False
    properties: list[tuple[bytes, bool]] = field(default_factory=list)
    links: list[tuple[bytes, tuple[int, ...]]] = field(default_factory=list)
    order: int = 0
    origin: tuple[int, int] | None = None


class Frames(Protocol):
    """The frames of a sequence: their data, where those of the input lie among them by start and
    size, and the box that tells where they are once they start somewhere.
    """

    frames: Pieces
    places: dict[tuple[int, int], tuple[int, int]]

    def box(self, start: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """What a file is written from: entries by number, from 1 on without gaps."""

    entries: dict[int, Entry]
    primary: int
    groups: Sequence[tuple[bytes, tuple[int, ...]]] = ()
    movie: Frames | None = None


@dataclass(slots=True)
class Layout:
    """Where each list of data goes, by its identity: within idat, and within mdat."""

    inner: Pieces = field(default_factory=list)
    outer: Pieces = field(default_factory=list)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    shared: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Put the entry's data where it goes; a frame that is a picture as well is there."""
        if id(entry.data) in self.places:
            return
        if entry.origin in self.shared and not entry.is_inner:
            self.places[id(entry.data)] = self.shared[entry.origin]
            return
        target = self.inner if entry.is_inner else self.outer
        self.places[id(entry.data)] = size_of(target), size_of(entry.data)
        target.extend(entry.data)


def size_of(pieces: Pieces) -> int:
    return sum(len(piece) for piece in pieces)


def written(picture: Picture, brands: bytes) -> Pieces:
    """The whole file. Raises ContainerBroken when it would be longer than its own offsets reach."""
    movie = picture.movie
    layout = Layout(outer=[*movie.frames], shared=movie.places) if movie else Layout()
    for entry in sorted(picture.entries.values(), key=lambda entry: entry.order):
        layout.add(entry)
    head = boxed(b"ftyp", brands)
    before = len(movie.box(0)) if movie else 0
    start = len(head) + len(_meta(picture, layout, 0)) + before + 8
    size = size_of(layout.outer)
    if start + size > MOST_BYTES:
        raise ContainerBroken("the picture is too long for its offsets")
    meta = _meta(picture, layout, start)
    shows = [movie.box(start)] if movie else []
    return [head, meta, *shows, struct.pack(">I4s", 8 + size, b"mdat"), *layout.outer]


def _meta(picture: Picture, layout: Layout, start: int) -> bytes:
    entries = picture.entries
    groups = [
        full_box(kind, 0, 0, struct.pack(f">II{len(found)}I", number, len(found), *found))
        for number, (kind, found) in enumerate(picture.groups, len(entries) + 1)
    ]
    return full_box(
        b"meta",
        *(0, 0),
        full_box(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
        full_box(b"pitm", 0, 0, struct.pack(">H", picture.primary)),
        _places(entries, layout, start),
        _kinds(entries),
        _links(entries),
        _properties(entries),
        boxed(b"idat", *layout.inner) if layout.inner else b"",
        boxed(b"grpl", *groups) if groups else b"",
    )


def _kinds(entries: dict[int, Entry]) -> bytes:
    found = [
        full_box(
            b"infe",
            *(2, int(entry.is_hidden)),
            struct.pack(">HH4s", number, 0, entry.kind),
            b"\0" + entry.content,
        )
        for number, entry in entries.items()
    ]
    return full_box(b"iinf", 0, 0, struct.pack(">H", len(found)), *found)


def _places(entries: dict[int, Entry], layout: Layout, start: int) -> bytes:
    """Every item in one piece; the version that knows of idat only where something lies there."""
    version = 1 if layout.inner else 0
    found = []
    for number, entry in entries.items():
        offset, size = layout.places[id(entry.data)]
        method = struct.pack(">H", int(entry.is_inner)) if version else b""
        at = offset if entry.is_inner else start + offset
        if entry.data:
            found.append(struct.pack(">H", number) + method + struct.pack(">HHII", 0, 1, at, size))
    return full_box(b"iloc", version, 0, struct.pack(">HH", 0x4400, len(found)), *found)


def _links(entries: dict[int, Entry]) -> bytes:
    found = [
        boxed(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
        for number, entry in entries.items()
        for kind, targets in entry.links
    ]
    return full_box(b"iref", 0, 0, *found) if found else b""


def _properties(entries: dict[int, Entry]) -> bytes:
    """Each property once, and which item has which."""
    every = [raw for entry in entries.values() for raw, _ in entry.properties]
    numbers = {raw: number for number, raw in enumerate(dict.fromkeys(every), 1)}
    is_wide = len(numbers) > SMALL_INDEX
    layout, mark = (">H", 0x8000) if is_wide else (">B", 0x80)
    owners = []
    for number, entry in entries.items():
        if not entry.properties:
            continue
        if len(entry.properties) > LONGEST_LIST or len(numbers) >= 0x8000:
            raise ContainerBroken("the picture has too many properties")
        owned = [
            struct.pack(layout, numbers[raw] | mark * essential)
            for raw, essential in entry.properties
        ]
        owners.append(struct.pack(">HB", number, len(owned)) + b"".join(owned))
    table = full_box(b"ipma", 0, int(is_wide), struct.pack(">I", len(owners)), *owners)
    return boxed(b"iprp", boxed(b"ipco", *numbers), table)
