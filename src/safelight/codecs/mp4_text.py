"""How samples of text are shown: sizes, places and colours, and no name of a font or a maker."""

from __future__ import annotations

import struct
from collections.abc import Callable

from safelight.codecs.isobmff import Cursor, boxed, boxes
from safelight.codecs.mp4_codings import clean_streams
from safelight.codecs.reading import part
from safelight.errors import FormatUnknown

TIMED, QUICKTIME = 30, 43
MOST_FONTS = 64
FONT = b"Serif"
TTML = b"http://www.w3.org/ns/ttml"


def clean_text(coding: bytes, body: memoryview) -> bytes:
    """What stands behind the reference of an entry of text.

    Raises FormatUnknown for a coding whose entries are not known.
    """
    if coding not in CLEANERS:
        raise FormatUnknown("a film with subtitles of an unknown kind is not rewritten")
    return CLEANERS[coding](body)


def _timed(body: memoryview) -> bytes:
    """Text of 3GPP: flags, box and style; its fonts keep their numbers and lose their names."""
    fonts = [_fonts(box.body) for box in boxes(body[TIMED:]) if box.type == b"ftab"]
    return bytes(part(body, 0, TIMED)) + b"".join(fonts[:1])


def _fonts(body: memoryview) -> bytes:
    cursor = Cursor(body)
    out = []
    for _ in range(min(cursor.take(2), MOST_FONTS)):
        out.append(struct.pack(">HB", cursor.take(2), len(FONT)) + FONT)
        cursor.at += cursor.take(1)
    return boxed(b"ftab", struct.pack(">H", len(out)), *out)


def _quicktime(body: memoryview) -> bytes:
    """Flags, colours, box and style, with zeros where they are reserved, and no font's name."""
    fixed = bytearray(part(body, 0, QUICKTIME))
    fixed[22:30], fixed[34:37] = bytes(8), bytes(3)
    return bytes(fixed) + b"\0"


def _streams(body: memoryview) -> bytes:
    found = [box.body for box in boxes(body) if box.type == b"esds"]
    return b"".join(boxed(b"esds", clean_streams(one)) for one in found[:1])


CLEANERS: dict[bytes, Callable[[memoryview], bytes]] = {
    b"tx3g": _timed,
    b"text": _quicktime,
    b"wvtt": lambda _body: boxed(b"vttC", b"WEBVTT"),
    b"stpp": lambda _body: TTML + bytes(3),
    b"mp4s": _streams,
    **dict.fromkeys((b"c608", b"c708"), lambda _body: b""),
}
