"""What part each item of a HEIF file has: shown, alpha, gain map, depth, thumbnail, words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from safelight.codecs.heif import Meta

Role = Literal["shown", "alpha", "gain map", "depth", "thumbnail", "auxiliary", "words", "further"]
ALPHA = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
    b"urn:mpeg:avc:2015:auxid:1",
)
DEPTH = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth",
    b"urn:mpeg:hevc:2015:auxid:2",
    b"urn:mpeg:avc:2015:auxid:2",
)
GAIN_MAP = (b"urn:com:apple:photo:2020:aux:hdrgainmap", b"urn:com:photo:aux:hdrgainmap")
ROLE_OF: dict[bytes, Role] = {
    **dict.fromkeys(ALPHA, "alpha"),
    **dict.fromkeys(DEPTH, "depth"),
    **dict.fromkeys(GAIN_MAP, "gain map"),
}
# Longer than any known address.
LONGEST = 200
WORDS = (b"Exif", b"mime", b"uri ")
TONE_MAP, SAMPLE_TRANSFORM = b"tmap", b"sato"


def roles(meta: Meta) -> dict[int, Role]:
    """The role of every item that has one, that of the shown picture first; the first counts."""
    found: dict[int, Role] = {}
    _mark(found, meta, [meta.primary], "shown")
    _mark(found, meta, [n for n, item in meta.items.items() if item.kind in WORDS], "words")
    for item in meta.items.values():
        base, *others = [*meta.targets(b"dimg", item.number), 0]
        if item.kind == TONE_MAP and found.get(base) == "shown":
            found.setdefault(item.number, "gain map")
            _mark(found, meta, others[:1], "gain map")
        elif item.kind == SAMPLE_TRANSFORM and found.get(base) == "shown":
            _mark(found, meta, [item.number], "shown")
    for link in meta.links:
        if link.kind == b"auxl":
            _mark(found, meta, [link.source], ROLE_OF.get(auxiliary_type(meta, link.source)))
        elif link.kind == b"thmb":
            _mark(found, meta, [link.source], "thumbnail")
    _mark(found, meta, meta.items, "further")
    return found


def auxiliary_type(meta: Meta, number: int) -> bytes:
    """The address that says what an auxiliary picture is for; empty when none does."""
    for box in meta.properties_of(number):
        if box.type == b"auxC":
            return bytes(box.body[4 : 4 + LONGEST]).split(b"\0")[0]
    return b""


def _mark(found: dict[int, Role], meta: Meta, numbers: Iterable[int], role: Role | None) -> None:
    """Give a role to these items and to those that they are made of, where none has one yet."""
    waiting = list(numbers)
    while waiting:
        number = waiting.pop()
        if number in meta.items and number not in found:
            found[number] = role or "auxiliary"
            waiting.extend(meta.targets(b"dimg", number))
