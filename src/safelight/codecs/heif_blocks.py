"""The blocks of a HEIF file: what is neither the shown picture nor needed to show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from safelight.codecs.blocks import Block, Kind
from safelight.codecs.film import film_blocks
from safelight.codecs.heif import File, Item, whole
from safelight.codecs.heif_movie_blocks import movie_blocks
from safelight.codecs.heif_roles import TONE_MAP, Role, auxiliary_type, roles
from safelight.codecs.heif_streams import Walker, surplus
from safelight.codecs.isobmff import C2PA, Box, credential
from safelight.codecs.place_names import PURPOSES
from safelight.codecs.reading import decoded, starts
from safelight.errors import ContainerBroken

MAX_ITEM_BYTES = 64_000_000
MAX_METADATA_ITEMS = 64
XMP = b"application/rdf+xml"
# Names that libraries give to items: they tell nothing of the picture.
USUAL_NAMES = frozenset(
    {b"", b"Color", b"Alpha", b"Exif", b"XMP", b"GMap", b"Image", b"SampleTransform"}
)
# What a display or a decoder takes from an item; whatever else is there is told.
USUAL = frozenset(
    {
        *(b"ispe", b"pixi", b"colr", b"av1C", b"hvcC", b"auxC", b"irot", b"imir", b"clap", b"pasp"),
        *(b"clli", b"mdcv", b"amve", b"a1op", b"a1lx", b"lsel"),
    }
)
EXPECTED = (b"ftyp", b"meta", b"mdat", b"moov")
PADDING = (b"free", b"skip")
VIDEO = (b"mpvd",)
NAMES: dict[Role, tuple[Kind, str]] = {
    "gain map": ("gain map", "gain map"),
    "depth": ("picture", "depth map"),
    "thumbnail": ("picture", "thumbnail"),
    "auxiliary": ("picture", "auxiliary picture"),
    "further": ("picture", "further picture"),
}


def blocks_of(file: File) -> Iterator[Block]:
    """Metadata items, profiles, further pictures, words, and boxes that no picture needs."""
    yield from _profiles(file)
    yield from _words(file)
    yield from _metadata(file)
    yield from _pictures(file)
    own, nested = movie_blocks(file)
    yield from own
    for inner in nested:
        yield from (replace(block, is_aside=True) for block in _metadata(inner))
    for box in file.meta.unknown:
        yield _unknown(box)
    for box in file.boxes:
        if box.type == b"uuid" and starts(box.body, C2PA):
            yield Block("c2pa", "uuid", credential(box.body))
        elif box.type in VIDEO:
            yield from film_blocks(box.body)
        elif box.type not in EXPECTED:
            yield from _loose(box)
    if len(file.rest):
        yield Block("trailer", "Trailer", file.rest)


def _loose(box: Box) -> Iterator[Block]:
    """A box of padding is nothing as long as it is empty."""
    if box.type not in PADDING or any(box.body):
        yield _unknown(box)


def _unknown(box: Box) -> Block:
    return Block("c2pa" if box.type == b"jumb" else "private", decoded(box.type), box.body)


def _profiles(file: File) -> Iterator[Block]:
    """The profile of the primary item, or of what it is made of; then those of other items."""
    meta = file.meta
    shown = [meta.primary, *meta.targets(b"dimg", meta.primary)[:1]]
    others = [number for number in meta.items if number not in shown]
    seen: set[int] = set()
    for number in [*shown, *others]:
        for box in meta.properties_of(number):
            if box.type == b"colr" and bytes(box.body[:4]) in (b"prof", b"rICC"):
                if id(box) not in seen:
                    yield Block("icc", "ICC_Profile", box.body[4:], is_inner=number not in shown)
                seen.add(id(box))


def _words(file: File) -> Iterator[Block]:
    """Free words of the container, and properties that are no part of the look."""
    name = memoryview(bytes(file.meta.handler).split(b"\0")[0])
    if len(name):
        yield Block("comment", "handler name", name)
    for item in file.meta.items.values():
        if item.name not in USUAL_NAMES:
            yield Block("comment", "item name", memoryview(item.name))
    for box in file.meta.properties:
        if box.type == b"udes":
            yield Block("comment", "description", box.body[4:])
        elif box.type not in USUAL:
            yield _unknown(box)


def _metadata(file: File) -> Iterator[Block]:
    """The items that are metadata, 64 of them and 64 MB in all at most."""
    meta, left = file.meta, MAX_ITEM_BYTES
    parts = roles(meta)
    found = [item for item in meta.items.values() if parts[item.number] == "words"]
    for item in found[:MAX_METADATA_ITEMS]:
        body = memoryview(whole(file.places(item), left))
        left -= len(body)
        targets = meta.targets(b"cdsc", item.number)
        is_inner = bool(targets) and all(parts.get(number) != "shown" for number in targets)
        yield replace(_metadata_block(item, body), is_inner=is_inner)


def _metadata_block(item: Item, body: memoryview) -> Block:
    if item.kind == b"Exif":
        return Block("exif", "Exif", body[int.from_bytes(body[:4], "big") + 4 :])
    if item.content == XMP:
        return Block("xmp", "XMP", body)
    if b"c2pa" in item.content or b"jumbf" in item.content:
        return Block("c2pa", "C2PA item", body)
    return Block("private", "mime item" if item.kind == b"mime" else "uri item", body)


def _pictures(file: File) -> Iterator[Block]:
    """Further pictures, each with those that it is made of; and what lies between coded pixels."""
    meta, parts, left = file.meta, roles(file.meta), MAX_ITEM_BYTES
    walker, seen = Walker(file.data), set[tuple[tuple[int, int], ...]]()
    inner = {
        target
        for (kind, source), found in meta.parts.items()
        if kind == b"dimg" and source in meta.items and meta.items[source].kind != TONE_MAP
        for target in found
    }
    for number, role in parts.items():
        item = meta.items[number]
        if item.kind == TONE_MAP:
            yield Block("numbers", "tone map", memoryview(whole(file.places(item), left))[1:])
        elif role in NAMES and number not in inner:
            pieces = [piece for one in _parts(file, item) for piece in file.places(one)]
            body = whole(pieces, left)
            left -= len(body)
            kind, name = NAMES[role]
            purpose = PURPOSES.get(auxiliary_type(meta, number))
            raw = _packet(file, number) if role == "gain map" else None
            yield Block(kind, purpose or name, memoryview(body), raw)
        elif role in ("shown", "alpha") and (*item.extents,) not in seen:
            seen.add((*item.extents,))
            yield from _between(walker, file, item)


def _packet(file: File, number: int) -> memoryview | None:
    """The XMP item that describes this item, if there is one."""
    for link in file.meta.links:
        item = file.meta.items.get(link.source)
        if link.kind == b"cdsc" and number in link.targets and item and item.content == XMP:
            return memoryview(whole(file.places(item), MAX_ITEM_BYTES))
    return None


def _parts(file: File, item: Item) -> list[Item]:
    """The item and, where it is a grid, its tiles."""
    meta = file.meta
    tiles = meta.targets(b"dimg", item.number) if item.kind in (b"grid", b"iovl") else []
    return [item, *(meta.items[number] for number in tiles if number in meta.items)]


def _between(walker: Walker, file: File, item: Item) -> Iterator[Block]:
    try:
        for name, body in surplus(walker, file, item):
            yield Block("private", name, body)
    except ContainerBroken:
        yield Block("private", "unreadable coded data", memoryview(b""))
