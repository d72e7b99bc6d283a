"""What a film says about itself: user data of QuickTime, 3GPP and iTunes, Apple's keys, dates."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from safelight.codecs.blocks import Block
from safelight.codecs.isobmff import Cursor, boxes, top_boxes
from safelight.codecs.mp4_tracks import within
from safelight.errors import ContainerBroken

EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
# Letters of user data, and the name of what they say.
NAMES: dict[bytes, str] = {
    b"\xa9xyz": "Location",
    b"\xa9mak": "Make",
    b"\xa9mod": "Model",
    b"\xa9swr": "Software",
    b"\xa9too": "Encoder",
    b"\xa9enc": "Encoder",
    b"\xa9nam": "Title",
    b"\xa9ART": "Artist",
    b"\xa9aut": "Author",
    b"\xa9cmt": "Comment",
    b"\xa9des": "Description",
    b"\xa9day": "CreationDate",
    b"\xa9cpy": "Copyright",
    b"\xa9inf": "Information",
    b"manu": "Make",
    b"modl": "Model",
    b"titl": "Title",
    b"auth": "Author",
    b"perf": "Artist",
    b"dscp": "Description",
    b"cprt": "Copyright",
    b"desc": "Description",
    b"ldes": "Description",
    b"aART": "Artist",
}
KEYS: dict[str, str] = {
    "location.ISO6709": "Location",
    "make": "Make",
    "model": "Model",
    "software": "Software",
    "creationdate": "CreationDate",
    "author": "Author",
    "artist": "Artist",
    "title": "Title",
    "comment": "Comment",
    "description": "Description",
    "copyright": "Copyright",
    "com.android.version": "Software",
    "com.android.manufacturer": "Make",
    "com.android.model": "Model",
}
THREE_GPP = frozenset({b"titl", b"auth", b"perf", b"dscp", b"gnre", b"cprt", b"albm"})
XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
MAX_ITEMS = 2_000


def date_of(seconds: int) -> datetime | None:
    """A time of the file format, which counts from 1904; None where it says nothing."""
    try:
        return EPOCH + timedelta(seconds=seconds) if seconds else None
    except OverflowError:
        return None


def seconds_of(stamp: bytes) -> int:
    """The same from the seven bytes of a PNG's time; 0 for none that can be."""
    year, month, day, hour, minute, second = struct.unpack(">HBBBBB", stamp)
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return 0
    return max(0, int((moment - EPOCH).total_seconds()))


def time_block(where: str, seconds: int) -> Iterator[Block]:
    """A date on its own, as the seven bytes that PNG has for it."""
    date = date_of(seconds)
    if date is not None and date.year < 65_536:
        stamp = struct.pack(">HBBBBB", date.year, *date.timetuple()[1:6])
        yield Block("time", where, memoryview(stamp))


def words(name: str, raw: bytes | memoryview) -> Block:
    return Block("text", name, memoryview(bytes(raw).strip(b"\0 ")))


def user_data(body: memoryview) -> Iterator[Block]:
    """Everything below udta; what has no meaning here is named with its size."""
    found, rest = top_boxes(body)
    for box in found[:MAX_ITEMS]:
        if box.type == b"meta":
            yield from tags(box.body)
        elif box.type == b"XMP_":
            yield Block("xmp", "XMP", box.body)
        elif box.type == b"loci":
            yield words("Location", _place(box.body))
        elif box.type in THREE_GPP and len(box.body) > 6:
            yield words(NAMES.get(box.type, _letters(box.type)), _wide(box.body[6:]))
        elif box.type[:1] == b"\xa9":
            size = struct.unpack_from(">H", box.body)[0] if len(box.body) >= 4 else 0
            yield words(NAMES.get(box.type, _letters(box.type)), box.body[4 : 4 + size])
        elif box.type in NAMES:
            yield words(NAMES[box.type], box.body)
        else:
            yield Block("private", f"user data {_letters(box.type)}", box.body)
    if bytes(rest).strip(b"\0"):
        yield Block("private", "user data", rest)


def _letters(type: bytes) -> str:
    text = type.decode("latin-1")
    return text if text.isprintable() else type.hex()


def _wide(raw: memoryview) -> bytes:
    """3GPP writes UTF-8, or UTF-16 behind its mark."""
    data = bytes(raw)
    if data[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return data.decode("utf-16", "replace").encode()
    return data


def _place(body: memoryview) -> bytes:
    """A place of 3GPP: its name, latitude and longitude."""
    cursor = Cursor(body, 6)
    try:
        name = cursor.text()
        cursor.take(1)
        longitude, latitude = struct.unpack_from(">ii", cursor.rest)
    except (ContainerBroken, struct.error):
        return bytes(body)
    return name + f" {latitude / 65_536:.5f} {longitude / 65_536:.5f}".encode()


def tags(body: memoryview) -> Iterator[Block]:
    """The items of a meta box, as iTunes and Apple's cameras write them."""
    inner = body[4:] if bytes(body[4:8]) not in (b"hdlr", b"keys", b"ilst") else body
    keys = _keys(within(inner, b"keys"))
    items = within(inner, b"ilst")
    for box in list(boxes(items))[:MAX_ITEMS] if items is not None else ():
        data = within(box.body, b"data")
        value = data[8:] if data is not None else box.body
        number = int.from_bytes(box.type, "big")
        if box.type == b"covr":
            yield Block("thumbnail", "CoverArt", value)
        elif 0 < number <= len(keys):
            yield words(keys[number - 1], value)
        elif box.type == b"----":
            key = within(box.body, b"name")
            yield words(bytes(key[4:]).decode("latin-1")[:60] if key else "item", value)
        else:
            yield words(NAMES.get(box.type, _letters(box.type)), value)
    if items is None:
        yield Block("private", "meta", body)


def _keys(body: memoryview | None) -> list[str]:
    if body is None:
        return []
    found = []
    for box in boxes(body[8:]):
        key = bytes(box.body).decode("utf-8", "replace")
        short = key.removeprefix("com.apple.quicktime.")
        found.append(KEYS.get(short, short[:60]))
    return found
