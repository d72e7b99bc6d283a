"""PDF: what a document says about itself, and what hides in it. It is never rendered."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from safelight.codecs.blocks import Block, Kind
from safelight.codecs.metadata import UNREADABLE
from safelight.codecs.pdf_files import Document, library, opened, reasons
from safelight.codecs.pdf_rules import DATES, INFO_NAMES, NAMED
from safelight.codecs.pdf_streams import Budget, is_profile, picture_filter, unpacked
from safelight.codecs.pdf_told import NOTES, TOLD, gone, is_note
from safelight.codecs.pdf_unused import unused
from safelight.codecs.pdf_walk import Found, reachable
from safelight.codecs.reading import starts
from safelight.codecs.svg_images import inner_blocks
from safelight.errors import ContainerBroken
from safelight.image import Header

MAX_SHOWN = 400
_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?")


def header(data: memoryview) -> Header:
    """A document has no pixels of its own: no size."""
    if not starts(data, b"%PDF-"):
        raise ContainerBroken("the PDF does not start like one")
    return Header("pdf", 0, 0)


def walk(data: memoryview) -> Document:
    """The document opened. Raises ContainerBroken, FormatUnknown when it is encrypted."""
    header(data)
    return opened(data)


def blocks(data: memoryview, walked: Document | None = None) -> Iterator[Block]:
    """Who, when and with what; packets, attachments, scripts, notes, pictures' own metadata.

    What cannot be read, or unpacks to too much, is a block of its own: all others are told.
    """
    document = walked or walk(data)
    yield from _guarded(_info(document.pdf))
    if len(ends := [match.end() for match in _END.finditer(document.data)]) > 1:
        yield Block("private", "earlier versions", document.data[: ends[-2]])
    yield from _guarded(_objects(document.pdf))


def _guarded(found: Iterator[Block]) -> Iterator[Block]:
    """These blocks as far as they can be told."""
    try:
        yield from found
    except reasons():
        yield Block("private", UNREADABLE, memoryview(b""))


def _objects(pdf: Any) -> Iterator[Block]:
    budget = Budget()
    known: set[str] = set()
    told: set[tuple[str, str]] = set()
    seen: set[tuple[int, int]] = set()
    for found in reachable(pdf):
        yield from _guarded(gone(found, told))
        value = found.value
        if found.kind in NAMED or isinstance(value, library().Array) or value.objgen in seen:
            continue
        if value.is_indirect:
            seen.add(value.objgen)
        yield from _guarded(_of_object(found, known, budget))
    yield from _guarded(_unused(pdf))


def _unused(pdf: Any) -> Iterator[Block]:
    names = sorted({key for _, key in unused(pdf)})
    for key in names[:MAX_SHOWN]:
        yield Block("comment", "unused part", memoryview(key[1:].encode("utf-8", "replace")))


def _info(pdf: Any) -> Iterator[Block]:
    if "/Info" not in pdf.trailer:
        return
    for key in pdf.trailer.Info.keys():  # noqa: SIM118 - no mapping
        value = str(pdf.trailer.Info[key])[:4_000]
        stamp = date_of(value) if key in DATES else None
        if stamp is not None:
            yield Block("time", key, memoryview(stamp))
        else:
            yield Block("text", INFO_NAMES.get(key, key[1:61]), memoryview(value.encode()))


def date_of(value: str) -> bytes | None:
    """A date of PDF as the seven bytes that PNG has for it; None when it is none."""
    found = _DATE.match(value)
    if found is None:
        return None
    numbers = [
        int(part) if part else usual
        for part, usual in zip(found.groups(), (0, 1, 1, 0, 0, 0), strict=True)
    ]
    return struct.pack(">HBBBBB", *numbers)


def _of_object(found: Found, known: set[str], budget: Budget) -> Iterator[Block]:
    value, keys = found.value, set(found.value.keys())
    for key in sorted(keys & TOLD.keys()):
        if TOLD[key] not in known:
            known.add(TOLD[key])
            yield Block("private", TOLD[key], memoryview(b""))
    if "/Metadata" in keys and hasattr(value.Metadata, "read_raw_bytes"):
        is_whole = found.key == "/Root"
        packet = _unpacked("xmp", "XMP" if is_whole else "XMP of an object", value.Metadata, budget)
        yield replace(packet, is_inner=not is_whole)
    if "/Thumb" in keys and hasattr(value.Thumb, "read_raw_bytes"):
        yield Block("thumbnail", "PageThumbnail", memoryview(value.Thumb.read_raw_bytes()))
    if "/EF" in keys:
        name = str(value.get("/UF", value.get("/F", "")))[:60]
        yield Block("private", f"attachment {name}", memoryview(b""))
    if is_note(keys):
        for key in [key for key in NOTES if key in keys]:
            words = str(value[key])[:MAX_SHOWN].encode("utf-8", "replace")
            yield Block("comment", f"note {key}", memoryview(words))
    yield from _coded(found, keys, budget)


def _coded(found: Found, keys: set[str], budget: Budget) -> Iterator[Block]:
    """What a picture says of itself, and the words of a profile."""
    if picture_filter(found.value) == "/DCTDecode":
        picture = _unpacked("picture", "picture", found.value, budget)
        yield from [picture] if picture.name == UNREADABLE else inner_blocks("jpeg", picture.data)
    elif is_profile(found.kind, found.value, keys):
        profile = _unpacked("icc", "ICC_Profile", found.value, budget)
        if profile.name == UNREADABLE or starts(profile.data, b"acsp", 36):
            yield profile


def _unpacked(kind: Kind, name: str, stream: Any, budget: Budget) -> Block:
    """A stream as a block; one that cannot be unpacked as it is stored, by its size alone."""
    try:
        return Block(kind, name, memoryview(unpacked(stream, budget)))
    except reasons():
        return Block("private", UNREADABLE, memoryview(bytes(stream.read_raw_bytes())))
