"""PDF: what a document says about itself, and what hides in it. It is never rendered."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any

from safelight.codecs.blocks import Block
from safelight.codecs.pdf_files import Document, foreign_errors, library, opened
from safelight.codecs.pdf_rules import DATES, INFO_NAMES, NAMED
from safelight.codecs.pdf_streams import picture_filter, unpacked
from safelight.codecs.pdf_walk import reachable
from safelight.codecs.reading import starts
from safelight.codecs.svg_images import inner_blocks
from safelight.errors import ContainerBroken
from safelight.image import Header

_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?")
TOLD = {
    "/JavaScript": "JavaScript",
    "/JS": "JavaScript",
    "/PieceInfo": "private data of a program",
    "/AA": "actions",
    "/OpenAction": "action on opening",
    "/XFA": "form data",
    "/Collection": "portfolio",
    "/SpiderInfo": "web capture",
    "/Perms": "signature",
    "/Measure": "measures",
}
MAX_TOLD = 400


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
    """Who, when and with what; packets, attachments, scripts, notes, pictures' own metadata."""
    document = walked or walk(data)
    with foreign_errors():
        yield from list(_found(document))


def _found(document: Document) -> Iterator[Block]:
    pdf = document.pdf
    yield from _info(pdf)
    root = pdf.Root
    if "/Metadata" in root and hasattr(root.Metadata, "read_bytes"):
        yield Block("xmp", "XMP", memoryview(unpacked(root.Metadata)))
    if len(_END.findall(document.data)) > 1:
        last = [match.end() for match in _END.finditer(document.data)]
        yield Block("private", "earlier versions", document.data[: last[-2]])
    told: set[str] = set()
    seen: set[tuple[int, int]] = set()
    for found in reachable(pdf):
        value = found.value
        if found.kind in NAMED or isinstance(value, library().Array) or value.objgen in seen:
            continue
        if value.is_indirect:
            seen.add(value.objgen)
        yield from _of_object(value, is_root=found.key == "/Root", told=told)


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


def _of_object(value: Any, *, is_root: bool, told: set[str]) -> Iterator[Block]:
    keys = set(value.keys())
    for key in sorted(keys & TOLD.keys()):
        if TOLD[key] not in told:
            told.add(TOLD[key])
            yield Block("private", TOLD[key], memoryview(b""))
    if len(told) > MAX_TOLD:
        return
    if "/Metadata" in keys and not is_root and hasattr(value.Metadata, "read_bytes"):
        packet = memoryview(unpacked(value.Metadata))
        yield Block("xmp", "XMP of an object", packet, is_inner=True)
    if "/Thumb" in keys and hasattr(value.Thumb, "read_raw_bytes"):
        yield Block("thumbnail", "PageThumbnail", memoryview(value.Thumb.read_raw_bytes()))
    if "/EF" in keys:
        name = str(value.get("/UF", value.get("/F", "")))[:60]
        yield Block("private", f"attachment {name}", memoryview(b""))
    if is_note(keys):
        for key in ("/T", "/Contents", "/RC", "/NM"):
            if key in keys:
                told.add(f"note {len(told)}")
                yield Block("comment", f"note {key}", memoryview(str(value[key])[:400].encode()))
    if picture_filter(value) == "/DCTDecode":
        yield from inner_blocks("jpeg", unpacked(value))


def is_note(keys: set[str]) -> bool:
    """True for an annotation that is no link and no field of a form."""
    return {"/Subtype", "/Rect"} <= keys and "/FT" not in keys and "/Parent" not in keys
