"""JPEGs with further pictures behind their end, a canary in every place where bytes can hide."""

from __future__ import annotations

import struct

from tests.codecs.making import (
    CANARY,
    XMP_HEAD,
    exif,
    jpeg,
    picture,
    profile,
    segment,
    with_segments,
    xmp,
)
from tests.codecs.making_heif import box
from tests.codecs.planting import SECRET_EXIF, SECRET_XMP, spiked_profile

ISO = b"urn:iso:std:iso:ts:21496:-1\0"
HDR = "http://ns.adobe.com/hdr-gain-map/1.0/"
NUMBERS = {
    "Version": "1.0",
    "GainMapMin": "0",
    "GainMapMax": "2.5",
    "Gamma": "1",
    "OffsetSDR": "0.015625",
    "OffsetHDR": "0.015625",
    "HDRCapacityMin": "0",
    "HDRCapacityMax": "2.5",
    "BaseRenditionIsHDR": "False",
}


def numbers(**changed: str) -> bytes:
    """The packet of a gain map, its numbers as attributes."""
    words = " ".join(f'hdrgm:{name}="{value}"' for name, value in (NUMBERS | changed).items())
    start = f'<rdf:Description rdf:about="" xmlns:hdrgm="{HDR}" {words}/>'
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-"
        f"syntax-ns#'>{start}</rdf:RDF></x:xmpmeta>"
    ).encode()


def gain_map(*more: bytes, packet: bytes | None = None) -> bytes:
    """A small grey picture with the numbers of a gain map, and further segments."""
    words = segment(0xE1, XMP_HEAD + (numbers() if packet is None else packet))
    return with_segments(jpeg(picture(12, 8, "L")), words, *more)


def shown(*more: bytes) -> bytes:
    """A picture that announces a gain map."""
    return with_segments(jpeg(), segment(0xE1, XMP_HEAD + numbers()), *more)


def binary(tail: bytes = b"") -> bytes:
    """The numbers of a gain map with one channel as ISO 21496-1 has them in a segment."""
    fractions = [(0, 1), (2, 1), (0, 1), (2, 1), (1, 1), (1, 64), (1, 64)]
    return ISO + bytes(5) + b"".join(struct.pack(">II", *pair) for pair in fractions) + tail


def index(first: int, *places: tuple[int, int], more: bytes = b"") -> bytes:
    """The segment that lists the pictures: attribute by its order, size, offset as written."""
    rows = b"".join(
        struct.pack(">IIIHH", attribute, size, start, 0, 0)
        for attribute, size, start in [(0x030000, first, 0), *((0, *place) for place in places)]
    )
    head = struct.pack(">HHHI4sHHIIHHII", 3, 0xB000, 7, 4, b"0100", 0xB001, 4, 1, 2, 0xB002, 7,
                       len(rows), 50)  # fmt: skip
    return segment(0xE2, b"MPF\0MM\0*\0\0\0\x08" + head + bytes(4) + rows + more)


FILM = box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"moov", CANARY) + box(b"mdat", CANARY * 9)
SAMSUNG = b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + FILM + b"SEFH" + CANARY + b"SEFT"


def plants() -> dict[str, bytes]:
    return _in_map() | _behind()


def _in_map() -> dict[str, bytes]:
    """In a gain map that stays, or in one that cannot."""
    words = {
        "its EXIF": segment(0xE1, b"Exif\0\0" + SECRET_EXIF),
        "its comment": segment(0xFE, CANARY),
        "its second packet": segment(0xE1, XMP_HEAD + SECRET_XMP),
        "its profile": segment(0xE2, b"ICC_PROFILE\0\1\1" + spiked_profile()),
        "its binary numbers": segment(0xE2, binary(CANARY)),
        "a broken binary": segment(0xE2, ISO + bytes(5) + CANARY * 8),
        "its index": segment(0xE2, b"MPF\0" + CANARY),
        "an unknown segment": segment(0xE8, CANARY),
    }
    found = {name: shown() + gain_map(more) for name, more in words.items()}
    packets = {
        "words as a number": numbers(Gamma=CANARY.decode()),
        "a further property": xmp(f"<d:x>{CANARY.decode()}</d:x>", d=HDR),
        "no packet": b"<x/>" + CANARY,
        "words as all numbers": numbers(**dict.fromkeys(NUMBERS, CANARY.decode())),
    }
    return found | {name: shown() + gain_map(packet=raw) for name, raw in packets.items()}


def _behind() -> dict[str, bytes]:
    """Behind the shown picture, with a gain map or without."""
    whole = shown() + gain_map()
    hidden = jpeg(picture(40, 30), comment=CANARY)
    start = len(jpeg())
    return {
        "between the pictures": shown() + b"\0" * 9 + CANARY + gain_map(),
        "in padding": shown() + bytes(16) + gain_map() + bytes(16) + CANARY,
        "behind the gain map": whole + CANARY,
        "a further picture": jpeg() + hidden,
        "a further picture behind the gain map": whole + hidden,
        "a second gain map": whole + gain_map(segment(0xFE, CANARY)),
        "a listed picture": with_segments(jpeg(), index(start, (len(hidden), start))) + hidden,
        "tail of the index": with_segments(jpeg(), index(1, (1, 1), more=CANARY)),
        "numbers of the shown picture": shown(segment(0xE2, ISO + CANARY)) + gain_map(),
        "a film": jpeg() + FILM,
        "a film behind the gain map": whole + FILM + CANARY,
        "a film of one maker": jpeg(exif=exif({0x010F: "samsung"})) + SAMSUNG,
        "a picture cut off": whole + hidden[:200] + CANARY,
    }


def many(profile_name: bytes = b"sRGB built-in") -> bytes:
    """A picture, a gain map with a profile, a preview and a film."""
    colour = segment(0xE2, b"ICC_PROFILE\0\1\1" + profile(profile_name))
    return shown() + gain_map(colour, segment(0xE2, binary())) + jpeg(picture(40, 30)) + FILM
