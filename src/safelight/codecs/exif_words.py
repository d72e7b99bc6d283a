"""EXIF tags in words: what `inspect` shows for them."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.codecs.exif import THUMBNAIL_SIZE, Exif, Tag
from safelight.codecs.exif_names import STRUCTURE, name_and_risk
from safelight.codecs.ifd import Entry
from safelight.codecs.maker_notes import serials
from safelight.codecs.reading import decoded, printable
from safelight.codecs.software import MOST_SEARCHED, telling
from safelight.image import Finding, Risk

BYTE, ASCII, UNDEFINED = 1, 2, 7
MAKE, USER_COMMENT, MAKER_NOTE = 0x010F, 0x9286, 0x927C
WINDOWS_WORDS = range(0x9C9B, 0x9CA0)
# Degrees, minutes, seconds and the tag that says which half of the globe.
ANGLES: dict[int, int] = {2: 1, 4: 3, 20: 19, 22: 21}
ALTITUDE, ALTITUDE_REF, TIME_STAMP = 6, 5, 7
MAX_SHOWN = 16


def exif_findings(exif: Exif) -> Iterator[Finding]:
    """One finding per tag, numbers as people write them, positions in decimal degrees."""
    gps = {tag.entry.number: tag.entry for tag in exif.tags if tag.directory == "GPS"}
    for tag in exif.tags:
        if tag.directory == "IFD1" and tag.entry.number == THUMBNAIL_SIZE:
            yield Finding(Risk.THUMBNAIL, "Thumbnail", f"{tag.entry.first} bytes")
        elif tag.directory in ("GPS", "Interop") or tag.entry.number not in STRUCTURE:
            name, risk = name_and_risk(tag.directory, tag.entry.number)
            yield Finding(risk, name, _position(tag, gps) or words_of(tag.entry))
    # One alone: a hostile block may name the same bytes thousands of times.
    for tag in [tag for tag in exif.tags if tag.entry.number == MAKER_NOTE][:1]:
        yield from serials(tag.entry.raw, _make(exif), tag.entry.order)
    if exif.is_broken:
        part = "a part of EXIF" if exif.tags else f"EXIF, {exif.size} bytes"
        yield Finding(Risk.OTHER, "unreadable block", part)


def _make(exif: Exif) -> str:
    makes = (decoded(tag.entry.raw) for tag in exif.tags if tag.entry.number == MAKE)
    return next(makes, "")


def words_of(entry: Entry) -> str:
    """The value as one printable line of at most 200 characters."""
    if entry.number == USER_COMMENT and entry.count > 8:
        is_wide = bytes(entry.raw[:7]) == b"UNICODE"
        order = "utf-16-le" if entry.order == "<" else "utf-16-be"
        return _wide(entry.raw[8:], order) if is_wide else telling(entry.raw[8:])
    if entry.number in WINDOWS_WORDS:
        return _wide(entry.raw, "utf-16-le")
    if entry.type == ASCII:
        return telling(entry.raw)
    if entry.number == MAKER_NOTE or (entry.type == BYTE and entry.count > MAX_SHOWN):
        return f"{entry.count} bytes"
    if entry.type == UNDEFINED:
        is_text = entry.count <= MAX_SHOWN and bytes(entry.raw).isalnum()
        is_few = entry.count <= 4
        if not is_text and not is_few:
            return f"{entry.count} bytes"
        if is_text and entry.count > 1:
            return decoded(entry.raw)
    shown = [f"{value:.10g}" for value in entry.values[:MAX_SHOWN]]
    return printable(" ".join(shown) + (" …" if entry.count > MAX_SHOWN else ""))


def _wide(raw: memoryview, order: str) -> str:
    return telling(bytes(raw[:MOST_SEARCHED]).decode(order, "replace").rstrip("\0"))


def _position(tag: Tag, gps: dict[int, Entry]) -> str:
    if tag.directory != "GPS":
        return ""
    number, values = tag.entry.number, tag.entry.values
    if number in ANGLES and len(values) == 3:
        degrees = values[0] + values[1] / 60 + values[2] / 3600
        return f"{-degrees if _letter(gps, ANGLES[number]) in 'SW' else degrees:.6f}"
    if number == ALTITUDE and values:
        below = ALTITUDE_REF in gps and gps[ALTITUDE_REF].first == 1
        return f"{-values[0] if below else values[0]:.10g} m"
    if number == TIME_STAMP and len(values) == 3:
        hours, minutes, seconds = values
        return f"{int(hours):02}:{int(minutes):02}:{seconds:06.3f}".removesuffix(".000")
    return ""


def _letter(gps: dict[int, Entry], number: int) -> str:
    """N, S, E or W; a dot where the file does not say."""
    text = decoded(gps[number].raw) if number in gps else ""
    return text[:1].upper() or "."
