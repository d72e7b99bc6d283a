"""EXIF built anew: only chosen entries, no gaps, nothing else of the old block."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from safelight.codecs.exif import EXIF_POINTER, GPS_POINTER, INTEROP_POINTER, ORIENTATION, Exif, Tag
from safelight.codecs.exif_names import STRUCTURE, name_and_risk
from safelight.codecs.ifd import TYPES, Entry
from safelight.codecs.reading import decoded
from safelight.image import Risk

COPYRIGHT = 0x8298
ASCII, SHORT, LONG, UNDEFINED = 2, 3, 4, 7
MAX_NOTICE = 1_000
MAX_BYTES = 60_000
Chooser = Callable[[Risk], bool]


def copyright_of(exif: Exif) -> str:
    """The copyright notice; its two parts, photographer and editor, joined."""
    for tag in exif.tags:
        if tag.directory == "IFD0" and tag.entry.number == COPYRIGHT and tag.entry.type == ASCII:
            return decoded(bytes(tag.entry.raw).strip(b"\0 ").replace(b"\0", b"; "), MAX_NOTICE)
    return ""


def build_exif(
    exif: Exif | None,
    *,
    orientation: int,
    notice: str,
    keeps: Chooser,
    is_asked: Chooser,
) -> bytes | None:
    """A TIFF structure with an orientation (1: none), a notice (may be empty), and the entries that keeps.

    Entries kept by a profile must look like what they are: short numbers, dates. Those in groups that the user
    asked for are taken as they are. None when nothing is left to say.
    """
    order = exif.tags[0].entry.order if exif and exif.tags else ">"
    chosen: dict[str, dict[int, Entry]] = {"IFD0": {}, "ExifIFD": {}, "GPS": {}, "Interop": {}}
    for tag in exif.tags if exif else ():
        if tag.directory in chosen and _is_kept(tag, keeps, is_asked):
            chosen[tag.directory].setdefault(tag.entry.number, tag.entry)
    main = chosen["IFD0"]
    if orientation != 1:
        main[ORIENTATION] = _short(ORIENTATION, orientation, order)
    if notice:
        main[COPYRIGHT] = _text(COPYRIGHT, notice, order)
    if not any(chosen.values()):
        return None
    return _written(chosen, order)


def _is_kept(tag: Tag, keeps: Chooser, is_asked: Chooser) -> bool:
    number = tag.entry.number
    if number in (ORIENTATION, COPYRIGHT) or (number in STRUCTURE and tag.directory == "IFD0"):
        return False
    _, risk = name_and_risk(tag.directory, number)
    if not keeps(risk) or len(tag.entry.raw) > MAX_BYTES:
        return False
    return is_asked(risk) or _looks_right(tag.entry, risk)


def _looks_right(entry: Entry, risk: Risk) -> bool:
    if entry.type == ASCII:
        letters = bytes(entry.raw).rstrip(b"\0")
        return risk == Risk.TIME and not letters.strip(b"0123456789: .+-TZ") and entry.count <= 32
    if entry.type == UNDEFINED:
        return entry.count <= 8
    return entry.count <= 4


def _short(number: int, value: int, order: str) -> Entry:
    return Entry(number, SHORT, 1, memoryview(struct.pack(order + "H", value)), order)


def _text(number: int, words: str, order: str) -> Entry:
    raw = words.encode("utf-8", "replace") + b"\0"
    return Entry(number, ASCII, len(raw), memoryview(raw), order)


def _pointer(number: int, offset: int, order: str) -> Entry:
    return Entry(number, LONG, 1, memoryview(struct.pack(order + "I", offset)), order)


def _written(chosen: dict[str, dict[int, Entry]], order: str) -> bytes:
    """IFD0, then each sub-directory that has entries; pointers are set once the sizes are known."""
    interop, gps = chosen["Interop"], chosen["GPS"]
    exif = dict(chosen["ExifIFD"])
    main = dict(chosen["IFD0"])
    if interop:
        exif[INTEROP_POINTER] = _pointer(INTEROP_POINTER, 0, order)
    for number, entries in ((EXIF_POINTER, exif), (GPS_POINTER, gps)):
        if entries:
            main[number] = _pointer(number, 0, order)
    at = 8 + _size(main.values())
    for holder, number, entries in (
        (main, EXIF_POINTER, exif),
        (exif, INTEROP_POINTER, interop),
        (main, GPS_POINTER, gps),
    ):
        if entries:
            holder[number] = _pointer(number, at, order)
            at += _size(entries.values())
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8))
    for entries in (main, exif, interop, gps):
        if entries:
            out += _directory(entries, len(out), order)
    return bytes(out)


def _size(entries: Iterable[Entry]) -> int:
    found = list(entries)
    outside = sum(len(entry.raw) + len(entry.raw) % 2 for entry in found if len(entry.raw) > 4)
    return 2 + 12 * len(found) + 4 + outside


def _directory(entries: dict[int, Entry], at: int, order: str) -> bytes:
    head = bytearray(struct.pack(order + "H", len(entries)))
    values = bytearray()
    start = at + 2 + 12 * len(entries) + 4
    for number in sorted(entries):
        entry = entries[number]
        raw = bytes(entry.raw)
        head += struct.pack(order + "HHI", number, _classic(entry.type), entry.count)
        if len(raw) > 4:
            head += struct.pack(order + "I", start + len(values))
            values += raw + b"\0" * (len(raw) % 2)
        else:
            head += raw.ljust(4, b"\0")
    return bytes(head + b"\0\0\0\0" + values)


def _classic(type: int) -> int:
    """BigTIFF's 64-bit types have no place in EXIF; as opaque bytes of the same count they would lie."""
    return type if type <= 13 and type in TYPES else UNDEFINED
