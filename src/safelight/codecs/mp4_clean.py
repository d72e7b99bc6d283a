"""MP4, MOV, 3GP rewritten: brands, an index built anew, and the media of its tracks, byte for byte.
Bytes among the media that no kept track calls its own are not written.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.blocks import Carried
from safelight.codecs.isobmff import boxed, boxes
from safelight.codecs.mp4 import Film
from safelight.codecs.mp4_boxes import How, Moved, extends_box, track_box
from safelight.codecs.mp4_heads import film_head
from safelight.codecs.mp4_tracks import first_of
from safelight.codecs.mp4_words import KEYS, XMP_ID, seconds_of
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]
# Brands that say which readers can play it; those of makers would say which camera it was.
BRANDS = frozenset(
    {
        *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
        *(b"mp41", b"mp42", b"mp71", b"avc1", b"hvc1", b"hev1", b"av01", b"dash", b"cmfc"),
        *(b"cmf2", b"qt  ", b"M4V ", b"M4VH", b"M4VP", b"M4A ", b"M4B ", b"MSNV", b"f4v "),
        *(b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a", b"3g2b", b"3g2c", b"msdh", b"msix"),
    }
)
USUAL_BRAND = b"mp42"
# The keys that words are written under; the first of several counts.
OWN_KEYS = {name: f"com.apple.quicktime.{key}" for key, name in reversed(KEYS.items())}


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of the input in their order, without overlap, and where each begins afterwards."""

    starts: list[int]
    ends: list[int]
    places: list[int]

    @classmethod
    def of(cls, chunks: list[tuple[int, int]]) -> Spans:
        """The stretches that these chunks, as place and size, fill together."""
        starts: list[int] = []
        ends: list[int] = []
        for place, size in sorted(chunk for chunk in chunks if chunk[1]):
            if ends and place <= ends[-1]:
                ends[-1] = max(ends[-1], place + size)
            else:
                starts.append(place)
                ends.append(place + size)
        places, at = [], 0
        for start, end in zip(starts, ends, strict=True):
            places.append(at)
            at += end - start
        return cls(starts, ends, places)

    @property
    def size(self) -> int:
        return sum(end - start for start, end in zip(self.starts, self.ends, strict=True))

    def moved(self, place: int) -> int:
        """Where a place of the input is afterwards, from the start of the first stretch."""
        number = bisect_right(self.starts, place) - 1
        if number < 0 or place >= self.ends[number]:
            return 0
        return self.places[number] + place - self.starts[number]

    def pieces(self, data: memoryview) -> Pieces:
        """The stretches. Raises ContainerBroken for one outside of the file."""
        pairs = zip(self.starts, self.ends, strict=True)
        return [part(data, start, end - start) for start, end in pairs]


def rewritten(walked: Film, carried: Carried) -> Pieces:
    """The pieces of the clean film: index first, so that it plays while it is loaded."""
    tracks = [track for track in walked.tracks if track.is_kept]
    if not tracks:
        raise ContainerBroken("the film has no track of pictures or sound")
    spans = Spans.of([chunk for track in tracks for chunk in track.chunks])
    head = [*_brands(walked), *_packet(carried)]
    size = len(b"".join([*head, _index(walked, carried, lambda _place: 0)])) + 8
    index = _index(walked, carried, lambda place: size + spans.moved(place))
    out: Pieces = [*head, index]
    if spans.starts or not walked.fragments:
        out += [struct.pack(">I4s", spans.size + 8, b"mdat"), *spans.pieces(walked.data)]
    for fragment in walked.fragments:
        inner = Spans.of(fragment.chunks())
        start = len(fragment.written(lambda _place: 0)) + 8
        out.append(fragment.written(_shifted(inner, start)))
        out += [struct.pack(">I4s", inner.size + 8, b"mdat"), *inner.pieces(walked.data)]
    return out


def _shifted(spans: Spans, start: int) -> Moved:
    return lambda place: start + spans.moved(place)


def _brands(walked: Film) -> Iterator[bytes]:
    body = first_of(walked.found, b"ftyp")
    if body is None:
        return
    found = [bytes(body[at : at + 4]) for at in range(8, len(body) - 3, 4)]
    major = bytes(body[:4])
    known = [brand for brand in dict.fromkeys(found) if brand in BRANDS]
    major = major if major in BRANDS else (known or [USUAL_BRAND])[0]
    yield boxed(b"ftyp", major, bytes(4), *(known or [major]))


def _packet(carried: Carried) -> Iterator[bytes]:
    if carried.xmp is not None:
        yield boxed(b"uuid", XMP_ID, carried.xmp)
    for block in carried.raw:
        if block.raw is not None:
            yield bytes(block.raw)


def _index(walked: Film, carried: Carried, moved: Moved) -> bytes:
    seconds = seconds_of(carried.time) if carried.time is not None else 0
    tracks = [track for track in walked.tracks if track.is_kept]
    kept = {track.number for track in tracks}
    head = first_of(list(boxes(walked.moov)), b"mvhd")
    if head is None:
        raise ContainerBroken("the film has no head")
    out = [film_head(head, seconds, following=max(kept) + 1)]
    how = How(seconds, moved, kept, walked.moov, carried.standard_colour)
    out += [track_box(track, how) for track in tracks]
    return boxed(b"moov", *out, *extends_box(walked.moov, kept), *_words(carried))


def _words(carried: Carried) -> Iterator[bytes]:
    """Words that were asked for, under the names that Apple's cameras use where there is one."""
    found: dict[str, str] = {}
    for name, text in carried.texts:
        found.setdefault(OWN_KEYS.get(name, name), text)
    if not found:
        return
    names = b"".join(boxed(b"mdta", name.encode()) for name in found)
    items = b"".join(
        boxed(struct.pack(">I", number), boxed(b"data", struct.pack(">II", 1, 0), text.encode()))
        for number, text in enumerate(found.values(), 1)
    )
    keys = boxed(b"keys", struct.pack(">II", 0, len(found)), names)
    handler = boxed(b"hdlr", bytes(8), b"mdta", bytes(13))
    yield boxed(b"meta", bytes(4), handler, keys, boxed(b"ilst", items))
