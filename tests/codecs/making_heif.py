"""HEIF files put together by hand from coded pictures of Pillow and libheif, to hide things in."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

import pillow_heif
from PIL import Image

from tests.codecs.making import picture, saved

Coding = Literal["avif", "heic"]
ALPHA = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
DEPTH = "urn:mpeg:mpegB:cicp:systems:auxiliary:depth"
APPLE_MAP = "urn:com:apple:photo:2020:aux:hdrgainmap"


def box(type: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I4s", len(body) + 8, type) + body


def full(type: bytes, *bodies: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(type, struct.pack(">I", version << 24 | flags), *bodies)


@dataclass(frozen=True)
class Item:
    """One item: its kind, data, properties (a box, and whether it is essential) and links."""

    kind: bytes
    data: bytes
    properties: tuple[tuple[bytes, bool], ...] = ()
    links: tuple[tuple[bytes, tuple[int, ...]], ...] = ()
    content: bytes = b""
    name: bytes = b""
    is_inner: bool = False
    is_hidden: bool = False


@dataclass(frozen=True)
class Whole:
    """A file: items by number from 1, the first one shown; what else goes where."""

    items: tuple[Item, ...]
    brands: bytes = b"avif\0\0\0\0avifmif1miaf"
    handler: bytes = b""
    meta: tuple[bytes, ...] = ()
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    tail: bytes = b""
    gap: bytes = b""

    def written(self) -> bytes:
        head = box(b"ftyp", self.brands) + b"".join(self.before)
        size = len(head) + len(self._meta(0)) + 8
        data = b"".join(item.data for item in self.items if not item.is_inner)
        rest = box(b"mdat", self.gap, data) + b"".join(self.after) + self.tail
        return head + self._meta(size + len(self.gap)) + rest

    def _meta(self, start: int) -> bytes:
        inner = b"".join(item.data for item in self.items if item.is_inner)
        return full(
            b"meta",
            full(b"hdlr", bytes(4), b"pict", bytes(12), self.handler + b"\0"),
            full(b"pitm", struct.pack(">H", 1)),
            self._kinds(),
            self._places(start),
            self._properties(),
            self._links(),
            box(b"idat", inner) if inner else b"",
            *self.meta,
        )

    def _kinds(self) -> bytes:
        found = [
            full(
                b"infe",
                struct.pack(">HH4s", number, 0, item.kind),
                item.name + b"\0" + item.content,
                version=2,
                flags=int(item.is_hidden),
            )
            for number, item in enumerate(self.items, 1)
        ]
        return full(b"iinf", struct.pack(">H", len(found)), *found)

    def _places(self, start: int) -> bytes:
        found, at = [], {False: start, True: 0}
        for number, item in enumerate(self.items, 1):
            place = (number, int(item.is_inner), 0, 1, at[item.is_inner], len(item.data))
            found.append(struct.pack(">HHHHII", *place))
            at[item.is_inner] += len(item.data)
        return full(b"iloc", struct.pack(">HH", 0x4400, len(found)), *found, version=1)

    def _properties(self) -> bytes:
        every = list(dict.fromkeys(raw for item in self.items for raw, _ in item.properties))
        rows = b""
        for number, item in enumerate(self.items, 1):
            rows += struct.pack(">HB", number, len(item.properties))
            rows += bytes(every.index(raw) + 1 | 128 * must for raw, must in item.properties)
        table = full(b"ipma", struct.pack(">I", len(self.items)), rows)
        return box(b"iprp", box(b"ipco", *every), table)

    def _links(self) -> bytes:
        found = [
            box(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
            for number, item in enumerate(self.items, 1)
            for kind, targets in item.links
        ]
        return full(b"iref", *found)


@dataclass(frozen=True)
class Coded:
    """A coded picture and the properties that a file must give it."""

    kind: bytes
    data: bytes
    properties: tuple[tuple[bytes, bool], ...] = field(default=())

    def item(self, *more: tuple[bytes, bool], **options: object) -> Item:
        item = Item(self.kind, self.data, (*self.properties, *more))
        return replace(item, **options)  # type: ignore[arg-type] # any field of an item


@cache
def coded(coding: Coding, width: int = 64, height: int = 64) -> Coded:
    """A gradient as one item, taken out of a file that a library wrote; sides in steps of 64."""
    return taken(plain(coding, width, height))


@cache
def plain(coding: Coding, width: int = 64, height: int = 64) -> bytes:
    """A file as a library writes it."""
    image = picture(width, height)
    if coding == "avif":
        return saved(image, "AVIF", quality=60)
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=60)
    return out.getvalue()


def taken(data: bytes) -> Coded:
    """The first coded item of a plain file, found by searching for its boxes."""
    kind = b"av01" if b"av1C" in data else b"hvc1"
    found = [
        (inner(data, name), name in (b"av1C", b"hvcC"))
        for name in (b"ispe", b"pixi", b"av1C", b"hvcC", b"colr")
        if name in data
    ]
    at = data.rindex(b"mdat") + 4
    return Coded(kind, data[at:], tuple(found))


def inner(data: bytes, name: bytes) -> bytes:
    """The first box of this name."""
    at = data.index(name) - 4
    return data[at : at + struct.unpack_from(">I", data, at)[0]]


def whole(coding: Coding, *items: Item, **options: object) -> Whole:
    """A file whose shown picture is the gradient, with further items beside it."""
    brands = {"avif": b"avif\0\0\0\0avifmif1miaf", "heic": b"heic\0\0\0\0heicmif1"}[coding]
    made = Whole((coded(coding).item(), *items), brands)
    return replace(made, **options)  # type: ignore[arg-type] # any field of a file


def auxiliary(address: str, more: bytes = b"") -> tuple[bytes, bool]:
    return full(b"auxC", address.encode() + b"\0" + more), True


def decoded(data: bytes) -> Image.Image:
    """By Pillow or libheif."""
    pillow_heif.register_heif_opener()
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
