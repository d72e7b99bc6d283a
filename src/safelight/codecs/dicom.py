"""DICOM: the header, and every tag that says more than the picture needs."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from safelight.codecs.blocks import Block
from safelight.codecs.dicom_frames import Tidied, tidied
from safelight.codecs.dicom_rules import (
    CLASS,
    EMPTY,
    EMPTY_IF_THERE,
    IDENTITIES,
    KEPT,
    OFTEN_WRITTEN,
    OURS,
    PIXELS,
    STATED,
)
from safelight.codecs.dicom_uids import IMPLEMENTATION, identity, is_replaced
from safelight.codecs.dicom_values import is_same, is_sequence, plain
from safelight.codecs.text_risks import DICOM, POSSIBLE_WORDS
from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    InputRefused,
    SafelightError,
    SomethingMissing,
)
from safelight.image import Header

FAULTS: tuple[type[Exception], ...] = (
    *(AttributeError, ValueError, LookupError, RuntimeError, TypeError),
    *(OSError, EOFError, struct.error, ArithmeticError, RecursionError),
)
COLOUR_BANDS = 3
PREAMBLE = 128
MAX_SHOWN = 400
MAX_DEPTH = 12
BURNED_IN = "BurnedInAnnotation"
ICC, ICON = "ICCProfile", "IconImageSequence"


@dataclass(frozen=True)
class Document:
    """The object as the library reads it. Its pixels are cleaned once for all who ask."""

    found: Any

    @cached_property
    def pixels(self) -> Tidied:
        """Raises ContainerBroken for pixels in disorder."""
        return tidied(self.found)


def header(data: memoryview) -> Header:
    """What the object says of its picture. Raises FormatUnknown where it holds none."""
    with faults():
        tags = read(data, pixels=False)
        bands = _number(tags, "SamplesPerPixel", 1)
        kind = str(tags.get("PhotometricInterpretation") or "")
        bands = COLOUR_BANDS if kind == "PALETTE COLOR" else bands
        width, height = _number(tags, "Columns", 0), _number(tags, "Rows", 0)
        frames, bits = _number(tags, "NumberOfFrames", 1), _number(tags, "BitsStored", 8)
    if not width or not height:
        raise FormatUnknown(
            "a dicom object without a picture is not worked on: its words are all it is",
            hint="ask for an anonymous copy where it was made",
        )
    return Header(
        "dicom",
        width,
        height,
        frames=max(1, frames),
        bits=min(max(bits, 1), 32),
        bands=bands,
        colour="grey" if bands == 1 else "rgb",
    )


def _number(tags: Any, keyword: str, usual: int) -> int:
    """The value of a tag, or what is usual where it is absent, empty or no number."""
    try:
        return int(tags.get(keyword) or usual)
    except known_faults():
        return usual


@contextmanager
def faults() -> Iterator[None]:
    """Map what the library raises for a damaged object to ContainerBroken; hold its warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SafelightError:
        raise
    except known_faults() as error:
        raise ContainerBroken("the dicom data is damaged or cut short") from error


def known_faults() -> tuple[type[Exception], ...]:
    """What damaged data makes the library raise, its own errors among them."""
    try:
        from pydicom.errors import BytesLengthException, InvalidDicomError
    except ImportError:
        return FAULTS
    return (*FAULTS, BytesLengthException, InvalidDicomError)


def read(data: memoryview, *, pixels: bool = True) -> Any:
    """The object. Raises SomethingMissing without the extra, and what the library raises."""
    try:
        import pydicom
    except ImportError:
        raise SomethingMissing(
            "dicom needs a package that is not installed", hint="pip install 'safelight[medical]'"
        ) from None
    return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=not pixels)


def walk(data: memoryview) -> Document:
    """The object with its pixels. Raises ContainerBroken, SomethingMissing."""
    with faults():
        return Document(read(data))


def blocks(data: memoryview, walked: Document | None = None) -> Iterator[Block]:
    """Every tag that a scrub would remove or replace, by its keyword; private ones by number."""
    document = walked or walk(data)
    with faults():
        if bytes(data[:PREAMBLE]).strip(b"\0"):
            yield Block("private", "preamble", data[:PREAMBLE])
        yield from list(_picture(document))
        yield from _told(document.found)


def _told(found: Any) -> list[Block]:
    """Its tags. In an object that we wrote, a replaced identity says nothing that is to be told."""
    told = list(_tags(found, 0))
    if str(getattr(found, "file_meta", {}).get("ImplementationClassUID")) != IMPLEMENTATION:
        return told
    return [block for block in told if not is_replaced(str(block.data, "latin-1"))]


def _tags(found: Any, depth: int) -> Iterator[Block]:
    """Those of the object, and of the sequences that stay."""
    for tag in sorted(found.keys()):
        try:
            element = found[tag]
        except known_faults():
            yield Block("private", _number_of(tag), memoryview(b""))
            continue
        yield from _of_element(element, depth)


def _of_element(element: Any, depth: int) -> Iterator[Block]:
    keyword = element.keyword
    if keyword == ICON:
        yield Block("thumbnail", ICON, memoryview(repr(element.value).encode()))
    elif keyword == ICC:
        yield Block("icc", ICC, memoryview(bytes(element.value)))
    elif keyword in PIXELS or keyword in OURS or element.is_empty:
        return
    elif keyword == BURNED_IN:
        # The warning has the name of the tag, and stays; a strange word in it goes.
        if not is_same(element, plain(element)):
            yield replace(_tag(element), name=_number_of(element.tag), is_inner=True)
    elif keyword in (*IDENTITIES, CLASS):
        uid = str(element.value)
        if identity(keyword, uid) != uid:
            yield Block("private", f"{DICOM}{keyword}", memoryview(uid.encode()))
    elif keyword not in KEPT and keyword not in STATED:
        yield replace(_tag(element), is_inner=depth > 0)
    elif is_sequence(element):
        for item in element.value if depth < MAX_DEPTH else ():
            yield from _tags(item, depth + 1)
    elif not is_same(element, plain(element)):
        # Nobody can ask for it: it is none of the words that it should be.
        yield replace(_tag(element), is_inner=True)


def _picture(document: Document) -> Iterator[Block]:
    """A warning where words may be drawn into the pixels: no tag takes them away."""
    found = document.found
    said = str(found.get(BURNED_IN) or "")
    modality = str(found.get("Modality") or "")
    if said == "YES":
        yield _words(BURNED_IN, "words are drawn into the pixels: look, and redact")
    elif said != "NO" and modality in OFTEN_WRITTEN and "PixelData" in found:
        yield _words(
            POSSIBLE_WORDS.removeprefix(DICOM), "such pictures often have them: look, and redact"
        )
    if any(keyword in found for keyword in PIXELS):
        # A scrub refuses pixels in disorder; everything else that such a file says is told.
        with suppress(InputRefused, *known_faults()):
            for words in document.pixels.told:
                yield Block("private", f"{DICOM}pixels: {words}", memoryview(b""))


def _number_of(tag: Any) -> str:
    return f"{DICOM}({tag.group:04X},{tag.element:04X})"


def _tag(element: Any) -> Block:
    keyword = element.keyword or _number_of(element.tag).removeprefix(DICOM)
    if element.VR == "SQ":
        return Block("private", f"{DICOM}{keyword}", memoryview(b" " * len(element.value)))
    if isinstance(element.value, bytes) or not element.keyword:
        raw = element.value if isinstance(element.value, bytes) else str(element.value).encode()
        return Block("private", f"{DICOM}{keyword}", memoryview(raw))
    if keyword in (*EMPTY, *EMPTY_IF_THERE) and keyword == "StudyDate":
        stamp = stamp_of(str(element.value))
        if stamp is not None:
            return Block("time", keyword, memoryview(stamp))
    many = element.VM > 1 and not isinstance(element.value, str)
    return _words(keyword, "\\".join(map(str, element.value)) if many else str(element.value))


def stamp_of(date: str) -> bytes | None:
    """A date as the seven bytes that PNG has for it; None when it is none."""
    if len(date) != 8 or not date.isdecimal():
        return None
    return struct.pack(">HBBBBB", int(date[:4]), int(date[4:6]), int(date[6:]), 0, 0, 0)


def _words(keyword: str, words: str) -> Block:
    return Block("text", f"{DICOM}{keyword}", memoryview(words[:MAX_SHOWN].encode()))
