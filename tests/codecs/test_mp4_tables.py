"""Tables and heads of films: words in rows of no sample, and where no number means anything, go."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from safelight.codecs.isobmff import boxes
from safelight.errors import FormatUnknown
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_mp4 import (
    MATRIX,
    PICTURES,
    SOUND,
    VIDEO,
    box,
    film,
    full,
    numbers,
    track,
)
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_mp4_clean import faults, samples

NESTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})
WORD = CANARY.ljust(36, b"_")
Change = Callable[[bytes], bytes]


def whole(edits: bytes = b"", coding: bytes = b"") -> bytes:
    """A film with every table, its index last: what is put into that moves no sample."""
    tables = full(b"stss", numbers(1, 1)) + full(b"ctts", numbers(1, 3, 0))
    edits = edits or full(b"elst", numbers(1, 3000, 0, 0x10000))
    entry = box(b"avc1", VIDEO, coding)
    how = {"tables": tables, "more": box(b"edts", edits), "entry": entry}
    pictures = track(1, PICTURES, **how)  # type: ignore[arg-type] # any field
    return film([(pictures, PICTURES), (track(2, SOUND, b"soun"), SOUND)], index_last=True)


def changed(data: bytes, kind: bytes, change: Change) -> bytes:
    """The film with every box of this kind changed."""
    out = []
    for one in boxes(memoryview(data)):
        body = bytes(one.body)
        body = changed(body, kind, change) if one.type in NESTS else body
        out.append(box(one.type, change(body) if one.type == kind else body))
    return b"".join(out)


def rows(each: int) -> Change:
    """Words as further rows."""
    more = -(-len(WORD) // each)
    return lambda body: (
        body[:4]
        + struct.pack(">I", struct.unpack(">I", body[4:8])[0] + more)
        + body[8:]
        + WORD.ljust(more * each, b"_")
    )


def at(place: int, size: int) -> Change:
    """Words in place of these bytes."""
    return lambda body: body[:place] + WORD[:size] + body[place + size :]


# In the input's own places of less than six bytes the canary begins.
SPIKES: dict[str, tuple[bytes, Change]] = {
    "rows of times": (b"stts", rows(8)),
    "rows of shifts": (b"ctts", rows(8)),
    "rows of frames that stand alone": (b"stss", rows(4)),
    "rows of chunks": (b"stsc", rows(12)),
    "rows of edits": (b"elst", rows(12)),
    "selection of an editor": (b"mvhd", at(72, 24)),
    "rate and what is reserved": (b"mvhd", at(20, 4)),
    "behind the volume of the film": (b"mvhd", at(26, 10)),
    "reserved in a track": (b"tkhd", at(24, 8)),
    "reserved before the length": (b"tkhd", at(16, 4)),
    "quality of media": (b"mdhd", lambda body: body[:-2] + WORD[:2]),
    "colour of laying over": (b"vmhd", at(4, 8)),
    "side of sound": (b"smhd", at(4, 4)),
    **{f"flags of {kind.decode()}": (kind, at(1, 3)) for kind in (b"stts", b"stss", b"stsz")},
}
CODINGS = {
    "rates": box(b"btrt", WORD[:12]),
    "aspect": box(b"pasp", WORD[:8]),
    "crop": box(b"clap", WORD[:32]),
    "fields": box(b"fiel", WORD[:2]),
}


def words_in(data: bytes) -> bool:
    index = data[data.index(b"moov") :]
    return any(WORD[start : start + 3] in index for start in range(len(CANARY) - 2))


@pytest.mark.parametrize("place", sorted(SPIKES))
def test_no_word_stays_in_a_table_or_a_head(place: str) -> None:
    data = changed(whole(), *SPIKES[place])
    clean = scrubbed(data, "mp4")
    assert not words_in(clean)
    assert faults(data, clean) == []
    assert samples(clean) == samples(data)


@pytest.mark.parametrize("place", sorted(CODINGS))
def test_no_word_stays_in_the_numbers_of_a_coding(place: str) -> None:
    data = whole(coding=CODINGS[place])
    clean = scrubbed(data, "mp4")
    assert not words_in(clean)
    assert WORD[:2] + b"\0" not in clean
    assert scrubbed(clean, "mp4") == clean


@pytest.mark.parametrize("place", sorted(set(SPIKES) - {"quality of media"}))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert words_in(pass_through(changed(whole(), *SPIKES[place]), "share"))


def test_what_means_something_stays_as_it_was() -> None:
    edits = full(b"elst", numbers(2, 500, 0xFFFFFFFF, 0x10000, 2000, 1000, 0x10000))
    aspect, fields = box(b"pasp", numbers(64, 45)), box(b"fiel", b"\2\6")
    crop = box(b"clap", numbers(30, 1, 20, 1, 0xFFFFFFFF, 2, 1, 2))
    clean = scrubbed(whole(edits, aspect + crop + fields), "mp4")
    for kept in (edits, aspect, crop, fields, full(b"stts", numbers(1, len(PICTURES), 1000))):
        assert kept in clean


@pytest.mark.parametrize("kind", [b"mvhd", b"tkhd"])
def test_a_turn_stays_and_a_matrix_that_is_none_is_refused_by_name(kind: bytes) -> None:
    turn = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 24 << 16, 0, 0x40000000)
    data = changed(whole(), kind, lambda body: body.replace(MATRIX, turn))
    assert turn in data
    assert turn in scrubbed(data, "mp4")
    with pytest.raises(FormatUnknown, match="turned by less than a quarter"):
        scrubbed(changed(whole(), kind, lambda body: body.replace(MATRIX, WORD)), "mp4")
