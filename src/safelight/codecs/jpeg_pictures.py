"""What lies behind the end of a JPEG: further pictures, a gain map, a short film, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs import jpeg_mpf
from safelight.codecs.blocks import Kind
from safelight.codecs.gain_map import APPLE_ADDRESS, ISO, SHOWN, ULTRA_HDR
from safelight.codecs.isobmff import top_boxes
from safelight.codecs.jpeg_segments import Segment, segments
from safelight.codecs.reading import starts
from safelight.errors import ContainerBroken

START = b"\xff\xd8\xff"
MAX_PICTURES = 64
FILM = re.compile(rb"....ftyp(?:mp4[12]|isom|iso[2-9]|qt  |3gp.|avc1|MSNV|M4V )", re.DOTALL)
FILM_BOXES = frozenset(
    {
        *(b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"moof", b"mfra"),
        *(b"meta", b"udta", b"sidx", b"styp"),
    }
)
# Phones of one maker list what they append in a table with this end.
SAMSUNG = b"SEFT"


@dataclass(frozen=True, slots=True)
class Beside:
    """A piece behind the end: its kind, a name for it, its bytes, and its segments if it is a
    picture.
    """

    kind: Kind
    name: str
    data: memoryview
    walked: tuple[Segment, ...] = ()


def beside(data: memoryview, walked: list[Segment]) -> Iterator[Beside]:
    """Everything behind the end of the first picture, in order; nothing is left out."""
    at = walked[-1].start + 2
    places = [place for one in walked if jpeg_mpf.is_index(one) for place in jpeg_mpf.places(one)]
    names = {place.start: place.name for place in places}
    has_map = False
    for _ in range(MAX_PICTURES):
        start = _next(data, at, names)
        inner = _picture(data, start) if start is not None else None
        if start is None or inner is None:
            break
        if start > at:
            yield Beside("trailer", "Trailer", data[at:start])
        at = start + inner[-1].start + 2
        is_map = not has_map and _is_gain_map(inner)
        has_map = has_map or is_map
        name = "gain map" if is_map else names.get(start, "further picture")
        yield Beside("gain map" if is_map else "picture", name, data[start:at], tuple(inner))
    yield from _tail(data[at:])


def _next(data: memoryview, at: int, names: dict[int, str]) -> int | None:
    """Where the next picture starts: here, behind padding, or where the index says."""
    if starts(data, START, at):
        return at
    known = [start for start in names if start > at and starts(data, START, start)]
    filled = re.compile(rb"\x00*").match(data, at)
    behind = filled.end() if filled else at
    return behind if starts(data, START, behind) else min(known, default=None)


def _picture(data: memoryview, start: int) -> list[Segment] | None:
    try:
        return list(segments(data[start:]))
    except ContainerBroken:
        return None


def _is_gain_map(walked: list[Segment]) -> bool:
    return any(
        (one.marker == 0xE1 and _names_gain_map(bytes(one.body)))
        or (one.marker == 0xE2 and starts(one.body, ISO) and len(one.body) > len(ISO + SHOWN))
        for one in walked
    )


def _names_gain_map(body: bytes) -> bool:
    return ULTRA_HDR.encode() in body or APPLE_ADDRESS.encode() in body


def _tail(rest: memoryview) -> Iterator[Beside]:
    """A film, what is before and behind it, and whose it is."""
    film = FILM.search(rest)
    if film is None:
        yield from _remains(rest)
        return
    body = rest[film.start() :]
    size = 0
    for box in top_boxes(body)[0]:
        if box.type not in FILM_BOXES:
            break
        size = box.end
    size = size or len(body)
    yield from _remains(rest[: film.start()])
    yield Beside("thumbnail", "motion photo video", body[:size])
    yield from _remains(body[size:])


def _remains(rest: memoryview) -> Iterator[Beside]:
    if len(rest):
        is_samsung = bytes(rest[-len(SAMSUNG) :]) == SAMSUNG
        yield Beside("trailer", "Samsung trailer" if is_samsung else "Trailer", rest)
