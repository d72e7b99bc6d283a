"""Gain maps: the numbers that tell a bright display what to do with one, built anew.

A gain map is a small picture that lies beside the shown one. Its numbers stand in XMP (Ultra HDR,
Apple) or in a binary structure (ISO 21496-1); only they are kept, never the words around them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction

from safelight.codecs.reading import part
from safelight.codecs.xmp import RDF, Node, Property
from safelight.errors import ContainerBroken

ULTRA_HDR = "http://ns.adobe.com/hdr-gain-map/1.0/"
APPLE = "http://ns.apple.com/HDRGainMap/1.0/"
APPLE_KIND = "http://ns.apple.com/pixeldatainfo/1.0/"
DIRECTORY = "http://ns.google.com/photos/1.0/container/"
CAMERA = "http://ns.google.com/photos/1.0/camera/"
ENTRY = "http://ns.google.com/photos/1.0/container/item/"
ISO = b"urn:iso:std:iso:ts:21496:-1\0"
APPLE_ADDRESS = "urn:com:apple:photo:2020:aux:hdrgainmap"
NUMBERS: dict[str, tuple[str, ...]] = {
    ULTRA_HDR: (
        *("Version", "BaseRenditionIsHDR", "GainMapMin", "GainMapMax", "Gamma"),
        *("OffsetSDR", "OffsetHDR", "HDRCapacityMin", "HDRCapacityMax"),
    ),
    APPLE: ("HDRGainMapVersion", "HDRGainMapHeadroom"),
    APPLE_KIND: ("AuxiliaryImageType",),
}
_NUMBER = re.compile(r"[+-]?[0-9]{1,6}(\.[0-9]{0,17})?([eE][+-]?[0-9]{1,3})?")
WORDS = ("True", "False", APPLE_ADDRESS)
# What stands in the shown picture: the least version that a reader needs, and the writer's.
SHOWN = bytes(4)
# Whether each channel has its own numbers; whether all fractions have one denominator.
MANY_CHANNELS, ONE_DENOMINATOR, FLAGS = 0x80, 0x08, 0xCC
# Denominators up to here, and stops or other numbers up to here, stay as they are.
FINEST, MOST = 1_000_000, 64


def parameters(properties: Iterable[Property]) -> list[Property]:
    """The properties that are numbers of a gain map, each built anew; empty when they say none."""
    found: dict[tuple[str, str], Property] = {}
    for item in properties:
        if item.name in NUMBERS.get(item.namespace, ()):
            values = _values(item.node)
            if values:
                found.setdefault((item.namespace, item.name), _property(item, values))
    names = {name for _, name in found}
    is_whole = "GainMapMax" in names or "AuxiliaryImageType" in names
    return list(found.values()) if is_whole else []


def _values(node: Node) -> list[str]:
    """One to three numbers; empty when there is anything else."""
    values = [word.strip() for word in node.words()]
    is_plain = all(_NUMBER.fullmatch(value) or value in WORDS for value in values)
    return values if is_plain and len(values) <= 3 else []


def _property(item: Property, values: list[str]) -> Property:
    name = (item.namespace, item.name)
    if len(values) == 1:
        return Property(*name, Node(name, {}, text=values[0]))
    items = [Node((RDF, "li"), {}, text=value) for value in values]
    return Property(*name, Node(name, {}, [Node((RDF, "Seq"), {}, items)]))


def is_announcement(item: Property) -> bool:
    """True for what says that something lies beside the picture: a gain map, a short film.

    It is written anew where that is still so, and would be untrue elsewhere.
    """
    if item.namespace == CAMERA:
        return item.name.startswith(("MotionPhoto", "MicroVideo"))
    return item.namespace in (ULTRA_HDR, APPLE, APPLE_KIND, DIRECTORY)


def is_ultra_hdr(packet: bytes | None) -> bool:
    """True for the packet of a gain map that must be announced in the picture that it is for."""
    return packet is not None and ULTRA_HDR.encode() in packet


def announcement(size_bytes: int) -> Iterator[Property]:
    """What readers of Ultra HDR look for in the shown picture: a version, where the map lies."""
    version = (ULTRA_HDR, "Version")
    yield Property(*version, Node(version, {}, text="1.0"))
    entries = [
        _entry({"Semantic": "Primary", "Mime": "image/jpeg"}),
        _entry({"Semantic": "GainMap", "Mime": "image/jpeg", "Length": str(size_bytes)}),
    ]
    name = (DIRECTORY, "Directory")
    yield Property(*name, Node(name, {}, [Node((RDF, "Seq"), {}, entries)]))


def _entry(values: dict[str, str]) -> Node:
    attributes = {(ENTRY, name): value for name, value in values.items()}
    inner = Node((DIRECTORY, "Item"), attributes)
    return Node((RDF, "li"), {(RDF, "parseType"): "Resource"}, [inner])


def binary(raw: memoryview) -> bytes:
    """The structure of ISO 21496-1, version 0, cut to its own length and built anew.

    Fractions that are finer than any display are rounded: their bytes can be words. Raises
    ContainerBroken for one that is too short, has a wrong version or an impossible number.
    """
    least, flags = struct.unpack_from(">H", part(raw, 0, 5))[0], raw[4]
    if least:
        raise ContainerBroken("the gain map is of a later version")
    channels = 3 if flags & MANY_CHANNELS else 1
    signs = "II" + "iiIii" * channels
    head = SHOWN + bytes((flags & FLAGS,))
    if flags & ONE_DENOMINATOR:
        below, *numbers = struct.unpack(">I" + signs, part(raw, 5, 12 + 20 * channels))
        if not below or max(abs(number) for number in numbers) > MOST * below:
            raise ContainerBroken("the gain map has an impossible number")
        if below > FINEST:
            numbers = [number * FINEST // below for number in numbers]
        return head + struct.pack(">I" + signs, min(below, FINEST), *numbers)
    pairs = "".join(sign + "I" for sign in signs)
    found = struct.unpack(">" + pairs, part(raw, 5, 16 + 40 * channels))
    out: list[int] = []
    for above, below in zip(found[::2], found[1::2], strict=True):
        out += _rounded(above, below)
    return head + struct.pack(">" + pairs, *out)


def _rounded(above: int, below: int) -> tuple[int, int]:
    if not below or abs(above) > MOST * below:
        raise ContainerBroken("the gain map has an impossible number")
    if below <= FINEST:
        return above, below
    near = Fraction(above, below).limit_denominator(FINEST)
    return near.numerator, near.denominator
