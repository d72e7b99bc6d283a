"""TIFFs made in code, with a canary in every place where bytes can hide, by the place's name."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.codecs.making import CANARY, iptc, jpeg, picture, profile, resource
from tests.codecs.planting import SECRET_XMP, spiked_profile

WIDTH, HEIGHT = 24, 16
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 11: 4, 12: 8, 13: 4, 16: 8, 18: 8}
LETTERS = {3: "H", 4: "I", 5: "I", 11: "f", 12: "d", 13: "I", 16: "Q", 18: "Q"}
Value = bytes | tuple[float, ...]
Tags = dict[int, tuple[int, Value]]
More = Mapping[int, tuple[int, Value]]


@dataclass
class Page:
    """Tags with their types and values; strips; directories that a tag points to."""

    tags: Tags
    strips: list[bytes]
    is_tiled: bool = False
    inner: dict[int, list[Page]] = field(default_factory=dict)


def rgb(coding: int = 1, **more: object) -> Tags:
    tags: Tags = {
        256: (3, (WIDTH,)),
        257: (3, (HEIGHT,)),
        258: (3, (8, 8, 8)),
        259: (3, (coding,)),
        262: (3, (2,)),
        277: (3, (3,)),
        278: (3, (HEIGHT,)),
    }
    return tags


def pixels() -> bytes:
    return picture(WIDTH, HEIGHT).tobytes()


def page(coding: int = 1, strip: bytes | None = None, tags: More | None = None) -> Page:
    return Page(rgb(coding) | dict(tags or {}), [pixels() if strip is None else strip])


def tiff(*pages: Page, order: str = "<", is_big: bool = False, gap: bytes = b"") -> bytes:
    """The file: head, a gap, then for each page its strips, values and directory."""
    out = bytearray(b"II" if order == "<" else b"MM")
    out += struct.pack(
        order + ("HHHQ" if is_big else "HI"), *((43, 8, 0, 0) if is_big else (42, 0))
    )
    link = len(out) - (8 if is_big else 4)
    out += gap
    for one in pages:
        link = _put(out, one, link, (order, is_big))
    return bytes(out)


def _put(out: bytearray, one: Page, link: int, layout: tuple[str, bool]) -> int:
    """One page at the end; what links to it is at this place. Gives where its own link lies."""
    order, is_big = layout
    tags = dict(one.tags)
    word = "Q" if is_big else "I"
    if one.strips:
        starts = []
        for strip in one.strips:
            starts.append(len(out))
            out += strip + b"\0" * (len(strip) % 2)
        kind = 16 if is_big else 4
        tags[324 if one.is_tiled else 273] = (kind, tuple(starts))
        tags[325 if one.is_tiled else 279] = (kind, tuple(len(strip) for strip in one.strips))
    holes: dict[int, list[Page]] = one.inner
    for number, children in holes.items():
        tags[number] = (18 if is_big else 13, (0,) * len(children))
    places: dict[int, int] = {}
    rows = []
    for number, (kind, value) in sorted(tags.items()):
        raw = _raw(order, kind, value)
        count = len(raw) // SIZES[kind]
        if len(raw) > (8 if is_big else 4):
            places[number] = len(out)
            rows.append((number, kind, count, struct.pack(order + word, len(out))))
            out += raw + b"\0" * (len(raw) % 2)
        else:
            rows.append((number, kind, count, raw.ljust(8 if is_big else 4, b"\0")))
    struct.pack_into(order + word, out, link, len(out))
    out += struct.pack(order + ("Q" if is_big else "H"), len(rows))
    for number, kind, count, raw in rows:
        out += struct.pack(order + "HH" + word, number, kind, count)
        places.setdefault(number, len(out))
        out += raw
    end = len(out)
    out += struct.pack(order + word, 0)
    for number, children in holes.items():
        for position, child in enumerate(children):
            _put(out, child, places[number] + position * (8 if is_big else 4), layout)
    return end


def _raw(order: str, kind: int, value: Value) -> bytes:
    return (
        value
        if isinstance(value, bytes)
        else struct.pack(f"{order}{len(value)}{LETTERS[kind]}", *value)
    )


def text(number: int) -> Tags:
    return {number: (2, CANARY + b"\0")}


def plants() -> dict[str, bytes]:
    found = _tags() | _places() | _streams()
    whole = page(tags=text(270) | text(40_000))
    found["a big file"] = tiff(whole, page(tags=text(285)), is_big=True)
    found["big-endian"] = tiff(whole, order=">")
    return found


def _tags() -> dict[str, bytes]:
    known = {f"tag {number}": tiff(page(tags=text(number))) for number in (269, 270, 305, 315, 316)}
    sub = Page({0x9003: (2, CANARY + b"\0"), 0x927C: (7, CANARY * 5)}, [])
    place = Page({1: (2, b"N\0"), 29: (2, CANARY + b"\0")}, [])
    photoshop = resource(0x0404, iptc(n80=CANARY)) + resource(0x1234, CANARY)
    more: dict[str, Tags] = {
        "unknown": {65_000: (7, CANARY)},
        "ImageJ": {50_838: (4, (4, 8)), 50_839: (1, CANARY * 2)},
        "GDAL": text(42_112),
        "XMP": {700: (1, SECRET_XMP)},
        "IPTC": {33_723: (7, iptc(n80=CANARY))},
        "Photoshop": {34_377: (1, photoshop)},
        "layers": {37_724: (7, CANARY)},
        "ICC words": {34_675: (7, spiked_profile())},
        "ICC malformed": {34_675: (7, CANARY * 20)},
        "ink names": {333: (2, CANARY + b"\0")},
        "words where numbers belong": {282: (2, CANARY + b"\0"), 320: (3, (0x4143, 0x414E) * 9)},
    }
    known |= {name: tiff(page(tags=tags)) for name, tags in more.items()}
    holder = page()
    holder.inner = {0x8769: [sub], 0x8825: [place]}
    small = Page(rgb() | {254: (4, (1,))}, [CANARY * 90])
    parent = page()
    parent.inner = {330: [small]}
    return known | {"EXIF and GPS": tiff(holder), "SubIFD": tiff(parent)}


def _places() -> dict[str, bytes]:
    small = Page(rgb() | {254: (4, (1,))}, [(CANARY * 99)[: 3 * WIDTH * HEIGHT]])
    halves = [pixels()[: len(pixels()) // 2], pixels()[len(pixels()) // 2 :]]
    rows = {278: (3, (HEIGHT // 2,))}
    spare = Page(rgb() | rows, [*halves, CANARY * 3])
    tile = Page(
        rgb() | {322: (3, (32,)), 323: (3, (32,))},
        [bytes(32 * 32 * 3), CANARY],
        is_tiled=True,
    )
    camera = Page(rgb(6) | {513: (4, (8,)), 514: (4, (4,)), 270: (2, CANARY + b"\0")}, [])
    return {
        "a gap": tiff(page(), gap=CANARY + b"\0"),
        "the end": tiff(page()) + CANARY,
        "a strip longer than its rows": tiff(page(strip=pixels() + CANARY)),
        "a strip too many": tiff(spare),
        "a tile too many": tiff(tile),
        "tags of a second page": tiff(
            page(), page(tags=text(270) | {34_675: (7, profile(CANARY))})
        ),
        "a reduced page": tiff(page(), small),
        "a small picture as EXIF has it": tiff(page(), camera),
    }


def _streams() -> dict[str, bytes]:
    packed = zlib.compress(pixels())
    longer = zlib.compressobj(0)
    surplus = longer.compress(pixels() + CANARY) + longer.flush()
    runs = b"".join(b"\x7f" + pixels()[at : at + 128] for at in range(0, len(pixels()), 128))
    photo = jpeg(picture(WIDTH, HEIGHT), comment=CANARY)
    coded = {262: (3, (6,)), 530: (3, (2, 2))}
    return {
        "behind a deflated strip": tiff(page(8, packed + CANARY)),
        "more rows in a deflated strip": tiff(page(8, surplus)),
        "behind a strip of runs": tiff(page(32_773, runs + CANARY)),
        "behind an LZW strip": tiff(page(5, plain_lzw(pixels()) + CANARY)),
        "a comment in a JPEG strip": tiff(page(7, photo, coded)),
        "behind a JPEG strip": tiff(page(7, jpeg(picture(WIDTH, HEIGHT)) + CANARY, coded)),
        "JPEG tables": tiff(
            page(7, photo, coded | {347: (7, b"\xff\xd8\xff\xfe\0\x0f" + CANARY + b"\xff\xd9")})
        ),
    }


def plain_lzw(data: bytes) -> bytes:
    """LZW that never uses its table: a clear code every 200 bytes keeps all codes 9 bits wide."""
    codes = [256]
    for number, byte in enumerate(data, 1):
        codes.append(byte)
        if number % 200 == 0:
            codes.append(256)
    codes.append(257)
    value = 0
    for code in codes:
        value = value << 9 | code
    spare = -len(codes) * 9 % 8
    return (value << spare).to_bytes((len(codes) * 9 + 7) // 8, "big")
