"""EXIF built anew: only chosen entries, no gaps, nothing else of the old block."""

from __future__ import annotations

import struct
from collections.abc import Callable

from safelight.codecs.exif import (
    EXIF_POINTER,
    GPS_POINTER,
    INTEROP_POINTER,
    ORIENTATION,
    THUMBNAIL_SIZE,
    THUMBNAIL_START,
    Exif,
    Tag,
)
from safelight.codecs.exif_names import STRUCTURE, name_and_risk
from safelight.codecs.ifd import Entry
from safelight.codecs.reading import decoded
from safelight.image import Risk

COPYRIGHT = 0x8298
ASCII, SHORT, LONG, UNDEFINED = 2, 3, 4, 7
MAX_NOTICE = 1_000
MAX_BYTES = 60_000
# BigTIFF's 64-bit types have no place in EXIF.
MAX_TYPE = 13
COMPRESSION, JPEG = 0x0103, 6
Chooser = Callable[[Risk], bool]


def copyright_of(exif: Exif) -> str:
    """The copyright notice; its two parts, photographer and editor, joined."""
    for tag in exif.tags:
        if tag.directory == "IFD0" and tag.entry.number == COPYRIGHT and tag.entry.type == ASCII:
            raw = bytes(tag.entry.raw[: 4 * MAX_NOTICE]).strip(b"\0 ")
            return decoded(raw.replace(b"\0", b"; "), MAX_NOTICE)
    return ""


def build_exif(
    exif: Exif | None,
    *,
    orientation: int,
    notice: str,
    keeps: Chooser,
    is_asked: Chooser,
    takes_thumbnail: bool = False,
) -> bytes | None:
    """A TIFF structure with an orientation (1: none), a notice (may be empty), and the entries that
    keeps.

    Entries kept by a profile must look like what they are: short numbers, dates. Those in groups
    that the user asked for are taken as they are. None when nothing is left to say.
    """
    order = exif.tags[0].entry.order if exif and exif.tags else ">"
    chosen: dict[str, dict[int, Entry]] = {"IFD0": {}, "ExifIFD": {}, "GPS": {}, "Interop": {}}
    room = MAX_BYTES
    for tag in exif.tags if exif else ():
        if tag.directory in chosen and _is_kept(tag, room, keeps, is_asked):
            chosen[tag.directory].setdefault(tag.entry.number, tag.entry)
            room -= 12 + len(tag.entry.raw)
    main = chosen["IFD0"]
    if orientation != 1:
        main[ORIENTATION] = _short(ORIENTATION, orientation, order)
    if notice:
        main[COPYRIGHT] = _text(COPYRIGHT, notice, order)
    thumbnail = exif.thumbnail if exif and takes_thumbnail else None
    if thumbnail is not None and len(thumbnail) > room:
        thumbnail = None
    if not any(chosen.values()) and thumbnail is None:
        return None
    return _written(chosen, thumbnail, order)


def _is_kept(tag: Tag, room: int, keeps: Chooser, is_asked: Chooser) -> bool:
    number = tag.entry.number
    if number in (ORIENTATION, COPYRIGHT) or (number in STRUCTURE and tag.directory == "IFD0"):
        return False
    _, risk = name_and_risk(tag.directory, number)
    if not keeps(risk) or tag.entry.type > MAX_TYPE or len(tag.entry.raw) + 12 > room:
        return False
    if risk == Risk.COLOUR and not keeps(Risk.SETTINGS):
        return False
    return is_asked(risk) or _looks_right(tag.entry, risk)


def _looks_right(entry: Entry, risk: Risk) -> bool:
    if entry.type == ASCII:
        is_date = entry.count <= 32 and not bytes(entry.raw).strip(b"0123456789: .+-TZ\0")
        return risk == Risk.TIME and is_date
    if entry.type == UNDEFINED:
        return entry.count <= 8
    return entry.count <= 4


def _short(number: int, value: int, order: str) -> Entry:
    return Entry(number, SHORT, 1, memoryview(struct.pack(order + "H", value)), order)


def _text(number: int, words: str, order: str) -> Entry:
    raw = words.encode("utf-8", "replace") + b"\0"
    return Entry(number, ASCII, len(raw), memoryview(raw), order)


def _long(number: int, offset: int, order: str) -> Entry:
    return Entry(number, LONG, 1, memoryview(struct.pack(order + "I", offset)), order)


def _written(
    chosen: dict[str, dict[int, Entry]], thumbnail: memoryview | None, order: str
) -> bytes:
    """IFD0, then each sub-directory that has entries, then IFD1 with the small picture."""
    main, exif = dict(chosen["IFD0"]), dict(chosen["ExifIFD"])
    interop, gps = chosen["Interop"], chosen["GPS"]
    parts = (
        (exif, INTEROP_POINTER, interop),
        (main, EXIF_POINTER, exif),
        (main, GPS_POINTER, gps),
    )
    for holder, number, entries in parts:
        if entries:
            holder[number] = _long(number, 0, order)
    at = 8 + _size(main)
    for holder, number, entries in parts:
        if entries:
            holder[number] = _long(number, at, order)
            at += _size(entries)
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8))
    out += _directory(main, len(out), order, following=at if thumbnail is not None else 0)
    for _, _, entries in parts:
        if entries:
            out += _directory(entries, len(out), order)
    if thumbnail is not None:
        out += _small_picture(thumbnail, at, order)
    return bytes(out)


def _small_picture(thumbnail: memoryview, at: int, order: str) -> bytes:
    entries = {
        COMPRESSION: _short(COMPRESSION, JPEG, order),
        THUMBNAIL_START: _long(THUMBNAIL_START, 0, order),
        THUMBNAIL_SIZE: _long(THUMBNAIL_SIZE, len(thumbnail), order),
    }
    entries[THUMBNAIL_START] = _long(THUMBNAIL_START, at + _size(entries), order)
    return _directory(entries, at, order) + bytes(thumbnail)


def _size(entries: dict[int, Entry]) -> int:
    outside = [len(entry.raw) for entry in entries.values() if len(entry.raw) > 4]
    return 2 + 12 * len(entries) + 4 + sum(size + size % 2 for size in outside)


def _directory(entries: dict[int, Entry], at: int, order: str, following: int = 0) -> bytes:
    head = bytearray(struct.pack(order + "H", len(entries)))
    values = bytearray()
    start = at + 2 + 12 * len(entries) + 4
    for number in sorted(entries):
        entry = entries[number]
        raw = bytes(entry.raw)
        head += struct.pack(order + "HHI", number, entry.type, entry.count)
        if len(raw) > 4:
            head += struct.pack(order + "I", start + len(values))
            values += raw + b"\0" * (len(raw) % 2)
        else:
            head += raw.ljust(4, b"\0")
    return bytes(head + struct.pack(order + "I", following) + values)
