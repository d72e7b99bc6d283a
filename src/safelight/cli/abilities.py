"""The published table: what is read, written and scrubbed, and what is kept on the way. Every cell
comes from formats.TABLE and from the formats that are known by name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from safelight.codecs.routing import FOREIGN
from safelight.formats import FORMATS, TABLE, WRITABLE, Format, Kept, is_picture

KEPT: tuple[Kept, ...] = get_args(Kept)
WORDS: dict[Kept, str] = {
    "icc": "ICC profile",
    "alpha": "transparency",
    "animation": "animation",
    "depth": "more than 8 bit",
    "pages": "pages",
    "gain map": "gain map",
}
# What is part of a format that is read, and is not done with it.
FURTHER = (
    ("HEIF without compression", "heif, hif", "refused by name"),
    ("TGA with a table of colours, or words at its start", "tga", "refused: no bytes tell it"),
    ("Camera RAW in TIFF", "dng, nef, cr2, arw", "inspected as TIFF; pixels refused"),
    ("PDF pages as pictures", "pdf", "not rendered: metadata alone"),
    ("SVG as a picture", "svg", "not rendered: it may hold programs and links"),
    ("frames of a video", "mp4, mov, webm, mkv", "not decoded: metadata alone"),
)
YES, NO = "yes", "no"
Row = tuple[str, ...]


def first_table() -> Iterator[Row]:
    """What can be done with each format, under a head."""
    yield (
        "format",
        "endings",
        "pixels read",
        "pixels written",
        "scrubbed without decoding",
        "extra",
        "note",
    )
    for format in FORMATS:
        facts = TABLE[format]
        can = (_word(facts.reads), _word(facts.writes), _word(facts.scrubs))
        extra = f"`{facts.extra}`" if facts.extra else "none"
        yield facts.title, ", ".join(facts.endings), *can, extra, facts.note


def kept_when_encoded() -> Iterator[Row]:
    """What a new encoding holds, under a head; formats that are written."""
    yield "format", *(WORDS[kept] for kept in KEPT)
    for format in WRITABLE:
        yield TABLE[format].title, *_cells(TABLE[format].keeps)


def kept_when_scrubbed() -> Iterator[Row]:
    """What a scrub leaves as it was, under a head; pictures that are scrubbed without decoding."""
    yield "format", *(WORDS[kept] for kept in KEPT)
    for format in scrubbed():
        yield TABLE[format].title, *_cells(TABLE[format].keeps_stored)


def scrubbed() -> tuple[Format, ...]:
    """Pictures whose metadata is removed without decoding them."""
    return tuple(format for format in FORMATS if TABLE[format].scrubs and is_picture(format))


def known_by_name() -> Iterator[Row]:
    """What is not read, under a head: how that is said, and what helps."""
    yield "format", "endings", "here", "what helps"
    for foreign in FOREIGN:
        yield foreign.title, ", ".join(foreign.endings), "refused by name", foreign.hint
    for title, endings, here in FURTHER:
        yield title, endings, here, ""


def _cells(kept: frozenset[Kept]) -> Iterable[str]:
    return (_word(one in kept) for one in KEPT)


def _word(can: bool, /) -> str:
    return YES if can else NO


def summary(format: Format) -> str:
    """One line for the help page."""
    facts = TABLE[format]
    can = [word for word, is_so in (("read", facts.reads), ("written", facts.writes)) if is_so]
    can += ["scrubbed without decoding"] if facts.scrubs else []
    extra = f" (pip install 'safelight[{facts.extra}]')" if facts.extra else ""
    return f"{', '.join(can) or 'known'}{extra}"
