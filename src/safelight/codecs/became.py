"""What became of what a file said: kept, removed, added.

The list is measured, not claimed: the blocks that were built are read back, and a finding counts as
kept only when it is found there again, under the same name and with the same value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from safelight.codecs import gain_map
from safelight.codecs.blocks import Block, Carried
from safelight.codecs.metadata import Known, read_blocks
from safelight.codecs.origin import mark_said
from safelight.codecs.reading import starts
from safelight.codecs.text_risks import DICOM, POSSIBLE_WORDS
from safelight.codecs.xmp import build_xmp
from safelight.image import Change, Finding, Risk

JPEG = b"\xff\xd8"
# What is kept in another place than it came from: the same words, told by their new name.
NOTICES = frozenset({"Copyright", "XMP rights", "IPTC CopyrightNotice", "XMP Copyright"})
MARKS = frozenset({"XMP DigitalSourceType", "C2PA digitalSourceType"})
# The date and the time of IPTC are one property in XMP.
DATES, DATE = frozenset({"IPTC DateCreated", "IPTC TimeCreated"}), "XMP DateCreated"
WORDS = NOTICES | MARKS | {DATE}
# What is built anew, so that its name or its size is another one afterwards; and what has a size.
REBUILT = frozenset({"ICC_Profile", "XMP Directory"})
_SIZE = re.compile(r"\d+ bytes")
# Said of the pixels themselves: only drawing over them takes it away.
STAYS = frozenset({f"{DICOM}BurnedInAnnotation", POSSIBLE_WORDS})
# Words of a notice are compared up to here: longer ones are shown cut.
COMPARED = 190


def changes(
    known: Known, there: Iterable[Finding], *, upright: bool, stays: Iterable[Finding] = ()
) -> tuple[Change, ...]:
    """Every finding of the input as kept or removed, and what is new in the output as added.

    there is what the output says, stays what it says by how its pixels lie: that is never new.
    """
    still = dict.fromkeys(stays)
    after = dict.fromkeys([*still, *there])
    before = dict.fromkeys(known.findings)
    moved = [finding for finding in after if finding not in before]
    listed: dict[Change, None] = {}
    for finding in before:
        if finding in after or finding.name in STAYS:
            listed[Change("kept", finding)] = None
        elif (now := next((now for now in moved if _is_same(finding, now)), None)) is not None:
            listed[Change("kept", now)] = None
            # One that was built anew is one of them; words can have stood in many places.
            moved = [other for other in moved if other != now or now.name in WORDS]
        else:
            listed[Change("removed", _told(finding, upright=upright))] = None
    for finding in after:
        if Change("kept", finding) not in listed:
            listed[Change("kept" if finding in still else "added", finding)] = None
    return tuple(listed)


def _is_same(before: Finding, now: Finding) -> bool:
    """True for what the output says in the place of this: it lies elsewhere, or was built anew."""
    if before.group != now.group:
        return False
    if before.name in NOTICES and now.name in NOTICES:
        # A format with one place for a notice has several joined there.
        words = _words(before)
        return bool(words) and words in _words(now)
    if before.name in MARKS and now.name in MARKS:
        # Another mark is not the same mark kept.
        return mark_said(before.value) == mark_said(now.value)
    if before.name in DATES and now.name == DATE:
        return bool(before.value) and _digits(before) in _digits(now)
    is_sized = bool(_SIZE.fullmatch(before.value) and _SIZE.fullmatch(now.value))
    return before.name == now.name and (before.name in REBUILT or is_sized)


def _digits(date: Finding) -> str:
    return "".join(filter(str.isdecimal, date.value))


def _words(notice: Finding) -> str:
    return " ".join(notice.value.replace(";", " ").split())[:COMPARED]


def _told(finding: Finding, *, upright: bool) -> Finding:
    if upright and finding.group == Risk.ORIENTATION:
        return replace(finding, value="applied to the pixels")
    return finding


def said_by(carried: Carried) -> list[Finding]:
    """What the clean blocks say, read back."""
    return read_blocks(_blocks(carried)).findings


def _blocks(carried: Carried) -> Iterator[Block]:
    if carried.exif is not None:
        yield Block("exif", "EXIF", memoryview(carried.exif))
    if carried.xmp is not None:
        yield Block("xmp", "XMP", memoryview(carried.xmp))
    if carried.icc is not None:
        yield Block("icc", "ICC_Profile", memoryview(carried.icc))
    for name, words in carried.texts:
        yield Block("text", name, memoryview(words.encode()))
    if carried.time is not None:
        yield Block("time", "tIME", memoryview(carried.time))
    yield from carried.raw
    for aside in carried.pictures:
        yield aside.block
        yield from (replace(block, is_inner=True) for block in _blocks(aside.carried))
        if starts(aside.block.data, JPEG) and gain_map.is_ultra_hdr(aside.carried.xmp):
            announced = build_xmp(gain_map.announcement(0), flat=gain_map.ULTRA_HDR) or b""
            yield Block("xmp", "XMP", memoryview(announced), is_inner=True)
