"""AVIF and HEIC files with a canary in every place where bytes can hide, by its name."""

from __future__ import annotations

import struct

from tests.codecs.making import CANARY, jpeg
from tests.codecs.making_heif import (
    APPLE_MAP,
    DEPTH,
    Coding,
    Item,
    Whole,
    auxiliary,
    box,
    coded,
    full,
    whole,
)
from tests.codecs.planting import SECRET_EXIF, SECRET_XMP, spiked_profile

XMP_TYPE = b"application/rdf+xml\0\0"
TO_FIRST = ((b"cdsc", (1,)),)
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
SEI = b"\x4e\x01\x05" + bytes((16 + len(CANARY),)) + bytes(range(1, 17)) + CANARY + b"\x80"


def plants(coding: Coding) -> dict[str, bytes]:
    found = _items(coding) | _boxes(coding) | _properties(coding) | _pictures(coding)
    return {name: made.written() for name, made in found.items()} | _streams(coding)


def words(kind: bytes, data: bytes, **options: bytes) -> Item:
    """An item that describes the first one."""
    return Item(kind, data, (), TO_FIRST, **options)  # type: ignore[arg-type] # content or name


def _items(coding: Coding) -> dict[str, Whole]:
    exif = bytes(4) + SECRET_EXIF
    named = coded(coding).item(name=CANARY)
    many = [words(b"Exif", exif) for _ in range(3)]
    return {
        "Exif": whole(coding, words(b"Exif", exif)),
        "Exif behind a gap": whole(coding, words(b"Exif", b"\0\0\0\x0d" + CANARY + SECRET_EXIF)),
        "Exif in idat": whole(coding, Item(b"Exif", exif, (), TO_FIRST, is_inner=True)),
        "Exif thrice": whole(coding, *many),
        "XMP": whole(coding, words(b"mime", SECRET_XMP, content=XMP_TYPE)),
        "mime": whole(coding, words(b"mime", CANARY, content=b"text/plain\0\0")),
        "type of a mime item": whole(coding, words(b"mime", b"", content=CANARY + b"\0\0")),
        "C2PA item": whole(coding, words(b"mime", CANARY, content=b"application/x-c2pa\0\0")),
        "uri": whole(coding, words(b"uri ", CANARY, content=CANARY + b"\0")),
        "item of an unknown kind": whole(coding, Item(b"zzzz", CANARY)),
        "item name": whole(coding, items=(named,)),
        "unused in idat": whole(coding, Item(b"zzzz", CANARY, is_inner=True)),
    }


def _boxes(coding: Coding) -> dict[str, Whole]:
    secret = box(b"zzzz", CANARY)
    brands = whole(coding).brands
    tail = {name: whole(coding, tail=raw) for name, raw in TAILS.items()}
    return tail | {
        "handler name": whole(coding, handler=CANARY),
        "unknown box in meta": whole(coding, meta=(secret,)),
        "free in meta": whole(coding, meta=(box(b"free", CANARY),)),
        "group": whole(coding, meta=(box(b"grpl", full(b"zzzz", bytes(8), CANARY)),)),
        "before the data": whole(coding, before=(secret,)),
        "free": whole(coding, before=(box(b"free", CANARY),)),
        "skip": whole(coding, after=(box(b"skip", CANARY),)),
        "uuid": whole(coding, after=(box(b"uuid", bytes(16), CANARY),)),
        "C2PA uuid": whole(coding, before=(box(b"uuid", C2PA, CANARY),)),
        "jumb": whole(coding, after=(box(b"jumb", CANARY),)),
        "motion photo": whole(coding, after=(box(b"mpvd", CANARY),)),
        "second data": whole(coding, after=(box(b"mdat", CANARY),)),
        "gap in the data": whole(coding, gap=CANARY),
        "brand": whole(coding, brands=brands + CANARY[:4] + CANARY[4:8]),
        "minor version": whole(coding, brands=brands[:4] + CANARY[:4] + brands[8:]),
    }


TAILS = {
    "behind the end": CANARY,
    "a few bytes behind the end": CANARY[:7],
    "a picture behind the end": jpeg(comment=CANARY),
}


def _properties(coding: Coding) -> dict[str, Whole]:
    own = {
        "unknown property": (b"zzzz", CANARY),
        "property with a number": (b"uuid", bytes(16) + CANARY),
        "description": (b"udes", bytes(4) + b"en\0name\0" + CANARY + b"\0\0"),
        "creation time": (b"crtt", bytes(4) + CANARY[:8]),
        "words as a display": (b"mdcv", (CANARY * 2)[:24]),
        "tail of colour": (b"colr", b"nclx\0\1\0\x0d\0\6\x80" + CANARY),
        "kind of colour": (b"colr", CANARY),
        "profile words": (b"colr", b"prof" + spiked_profile()),
        "profile malformed": (b"colr", b"prof" + CANARY * 20),
        "tail of a light level": (b"clli", bytes(4) + CANARY),
        "tail of an aspect": (b"pasp", struct.pack(">II", 1, 1) + CANARY),
        "tail of a rotation": (b"irot", b"\0" + CANARY),
        "tail of a depth": (b"pixi", bytes(4) + b"\3\x08\x08\x08" + CANARY),
    }
    made = coded(coding)
    return {
        name: whole(coding, items=(made.item((box(kind, raw), False)),))
        for name, (kind, raw) in own.items()
    }


def _pictures(coding: Coding) -> dict[str, Whole]:
    small = coded(coding)
    map_item = small.item(auxiliary(APPLE_MAP), links=((b"auxl", (1,)),))
    spoken = auxiliary(APPLE_MAP, CANARY)
    secret = Item(small.kind, CANARY, small.properties)
    of_map = ((b"cdsc", (2,)),)

    def beside(link: bytes, *more: tuple[bytes, bool]) -> Item:
        return Item(small.kind, CANARY, (*small.properties, *more), ((link, (1,)),))

    return {
        "thumbnail": whole(coding, beside(b"thmb")),
        "depth": whole(coding, beside(b"auxl", auxiliary(DEPTH))),
        "auxiliary of an unknown kind": whole(
            coding, beside(b"auxl", auxiliary("urn:" + CANARY.decode()))
        ),
        "further picture": whole(coding, secret),
        "hidden picture": whole(coding, Item(small.kind, CANARY, small.properties, is_hidden=True)),
        "subtype of an auxiliary": whole(coding, small.item(spoken, links=((b"auxl", (1,)),))),
        "Exif of a gain map": whole(
            coding, map_item, Item(b"Exif", bytes(4) + SECRET_EXIF, (), of_map)
        ),
        "XMP of a gain map": whole(
            coding, map_item, Item(b"mime", SECRET_XMP, (), of_map, content=XMP_TYPE)
        ),
        "profile of a gain map": whole(
            coding,
            small.item(
                auxiliary(APPLE_MAP),
                (box(b"colr", b"prof", spiked_profile()), False),
                links=((b"auxl", (1,)),),
            ),
        ),
        "numbers of a tone map": _tone_mapped(coding, CANARY),
        "tail of a grid": _grid(coding, CANARY),
    }


def tone_map(tail: bytes = b"") -> bytes:
    """The numbers of a gain map with one channel, and more behind them."""
    fractions = [(0, 1), (2, 1), (0, 1), (2, 1), (1, 1), (1, 64), (1, 64)]
    return bytes(6) + b"".join(struct.pack(">II", *pair) for pair in fractions) + tail


def _tone_mapped(coding: Coding, tail: bytes) -> Whole:
    small = coded(coding)
    size = small.properties[0]
    return whole(
        coding,
        Item(b"tmap", tone_map(tail), (size,), ((b"dimg", (1, 3)),)),
        small.item(is_hidden=True),
        meta=(box(b"grpl", full(b"altr", struct.pack(">4I", 9, 2, 2, 1))),),
    )


def tone_mapped(coding: Coding) -> bytes:
    """A picture with a gain map as a derived item."""
    return _tone_mapped(coding, b"").written()


def _grid(coding: Coding, tail: bytes = b"") -> Whole:
    tile = coded(coding)
    size = full(b"ispe", struct.pack(">II", 128, 64)), False
    shape = b"\0\0\0\1" + struct.pack(">HH", 128, 64) + tail
    tiles = (tile.item(is_hidden=True), tile.item(is_hidden=True))
    grid = Item(b"grid", shape, (size, tile.properties[1]), ((b"dimg", (2, 3)),), is_inner=True)
    return whole(coding, items=(grid, *tiles))


def grid(coding: Coding) -> bytes:
    """A picture of two tiles side by side, its shape in idat."""
    return _grid(coding).written()


def _streams(coding: Coding) -> dict[str, bytes]:
    """Between coded pixels, and in what a decoder is set up with."""
    made = coded(coding)
    kind, config, extra = {
        "avif": ("AV1", b"av1C", _unit(5, b"\x04" + CANARY)),
        "heic": ("HEVC", b"hvcC", struct.pack(">I", len(SEI)) + SEI),
    }[coding]
    before = whole(coding, items=(Item(made.kind, extra + made.data, made.properties),))
    found = {f"{kind} message": before.written()}
    old = {raw[4:8]: raw for raw, _ in made.properties}[config]
    if coding == "avif":
        pad = Item(made.kind, made.data + _unit(15, CANARY), made.properties)
        found["AV1 padding"] = whole(coding, items=(pad,)).written()
        light = _unit(5, b"\x01" + CANARY)
        long = Item(made.kind, light + made.data, made.properties)
        found["a light level that is too long"] = whole(coding, items=(long,)).written()
        new = box(config, old[8:], extra)
    else:
        end = Item(made.kind, made.data + struct.pack(">IH", len(CANARY) + 2, 0x7801) + CANARY)
        last = Item(end.kind, end.data, made.properties)
        found["HEVC unit of an unknown kind"] = whole(coding, items=(last,)).written()
        sets = old[8:]
        listed = b"\x27" + struct.pack(">HH", 1, len(SEI)) + SEI
        new = box(config, sets[:22], bytes((sets[22] + 1,)), sets[23:], listed)
    properties = tuple((new if raw == old else raw, must) for raw, must in made.properties)
    found["decoder configuration"] = whole(
        coding, items=(Item(made.kind, made.data, properties),)
    ).written()
    return found


def _unit(kind: int, body: bytes) -> bytes:
    """An AV1 unit with its size."""
    whole_body = body + b"\x80"
    return bytes((kind << 3 | 2, len(whole_body))) + whole_body
