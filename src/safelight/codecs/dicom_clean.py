"""DICOM rewritten by the basic confidentiality profile; the bytes of its pixels as they were."""

from __future__ import annotations

import io
import re
import struct
from typing import Any

from safelight.codecs.blocks import Carried
from safelight.codecs.dicom import ICC, faults, known_faults
from safelight.codecs.dicom_rules import (
    DONE,
    EMPTY,
    EMPTY_IF_THERE,
    IDENTITIES,
    KEPT,
    METHOD,
    PIXELS,
    PROFILE_CODE,
    TIMES_REMOVED,
)
from safelight.codecs.dicom_uids import replaced
from safelight.codecs.reading import part
from safelight.codecs.text_risks import DICOM
from safelight.errors import ContainerBroken, FormatUnknown

Pieces = list[bytes | memoryview]
MAX_DEPTH = 12
IMPLEMENTATION = "2.25.302043979549214930021744913640541842321"
NAME = "SAFELIGHT"
ITEM = b"\xfe\xff\x00\xe0"
# Codings of the standard whose pixels lie in items, and those that only begin alike.
CODED = "1.2.840.10008.1.2."
UNCODED = frozenset({f"{CODED}1", f"{CODED}1.98", f"{CODED}1.99", f"{CODED}2"})
# Values by their representation: numbers are never looked at, words must look like code words.
NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT", "OW", "OB", "US or SS"})
NUMBERS |= frozenset({"OF", "OD", "OL", "US or OW", "OB or OW", "US or SS or OW"})
_WORDS: dict[str, re.Pattern[str]] = {
    "CS": re.compile(r"[A-Z0-9_ ]{0,16}"),
    "DS": re.compile(r"[0-9+\-.eE ]{0,16}"),
    "IS": re.compile(r"[0-9+\- ]{0,12}"),
    "SH": re.compile(r"[\w .+*/{}%^()\[\]-]{0,16}"),
    "LO": re.compile(r"[\w .+*/{}%^()\[\]-]{0,16}"),
    "UI": re.compile(r"[0-9.]{0,64}"),
}
SPACED = frozenset({"CS"})


def rewritten(walked: Any, carried: Carried) -> Pieces:
    """The clean object as one piece.

    Raises ContainerBroken, FormatUnknown for an object without a picture: its words are all it is.
    """
    if carried.xmp is not None:
        raise FormatUnknown(
            "dicom has no place for a mark or a notice", hint="convert it to png and mark that"
        )
    with faults():
        if not any(keyword in walked for keyword in PIXELS):
            raise FormatUnknown(
                "a dicom object without a picture is not scrubbed: its words are what it holds",
                hint="remove it, or ask for an anonymous copy where it was made",
            )
        return [_written(walked, carried)]


def _written(found: Any, carried: Carried) -> bytes:
    import pydicom
    from pydicom.dataset import FileMetaDataset

    meta = found.file_meta
    clean = _cleaned(found, 0)
    _stated(clean, found, carried)
    for keyword in PIXELS:
        if keyword in found:
            clean.add(found[keyword])
    coding = str(meta.TransferSyntaxUID)
    if coding.startswith(CODED) and coding not in UNCODED and "PixelData" in found:
        require_items(memoryview(found.PixelData))
    clean.file_meta = FileMetaDataset()
    clean.file_meta.MediaStorageSOPClassUID = _known(str(found.SOPClassUID))
    clean.file_meta.MediaStorageSOPInstanceUID = clean.SOPInstanceUID
    clean.file_meta.TransferSyntaxUID = _known(str(meta.TransferSyntaxUID))
    clean.file_meta.ImplementationClassUID = IMPLEMENTATION
    clean.file_meta.ImplementationVersionName = NAME
    clean.preamble = bytes(128)
    out = io.BytesIO()
    pydicom.dcmwrite(out, clean, enforce_file_format=True)
    return out.getvalue()


def require_items(coded: memoryview) -> None:
    """Raises ContainerBroken unless coded pixels are items one behind the other, and nothing else:
    decoders pass over what lies between them.
    """
    at = 0
    while at < len(coded):
        mark, size = struct.unpack_from("<4sI", part(coded, at, 8))
        if mark != ITEM:
            raise ContainerBroken("the coded pixels of the dicom data are in disorder")
        part(coded, at + 8, size)
        at += 8 + size


def _known(uid: str) -> str:
    """An identity that the standard gave, or a maker's in the same form; words are refused."""
    if _WORDS["UI"].fullmatch(uid) is None:
        raise ContainerBroken("the dicom data has an impossible identity")
    return uid


def _cleaned(found: Any, depth: int) -> Any:
    """A new set of the tags that are kept, sequences within it as well."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    clean = Dataset()
    for tag in found.keys():  # noqa: SIM118 - no mapping
        element = _element(found, tag)
        if element is None or element.keyword not in KEPT:
            continue
        if element.VR == "SQ":
            if depth < MAX_DEPTH:
                items = [_cleaned(item, depth + 1) for item in element.value]
                setattr(clean, element.keyword, Sequence(items))
        elif element.keyword in IDENTITIES:
            setattr(clean, element.keyword, replaced(_known(str(element.value))))
        elif _is_plain(element):
            clean.add(element)
    return clean


def _element(found: Any, tag: Any) -> Any:
    """A tag with its value read; None where that cannot be done: then it is not kept either."""
    if tag.is_private or tag.element == 0:
        return None
    try:
        return found[tag]
    except known_faults():
        return None


def _is_plain(element: Any) -> bool:
    if element.VR in NUMBERS:
        return True
    pattern = _WORDS.get(element.VR)
    if pattern is None:
        return False
    many = element.VM > 1 and not isinstance(element.value, str)
    values = element.value if many else [element.value]
    return all(pattern.fullmatch(str(value or "")) for value in values)


def _stated(clean: Any, found: Any, carried: Carried) -> None:
    """What every object must state, what was asked for, and that it was done."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    for keyword in EMPTY:
        setattr(clean, keyword, "")
    for keyword in EMPTY_IF_THERE:
        if keyword in found:
            setattr(clean, keyword, "")
    for keyword in ("Laterality", "PatientOrientation"):
        if keyword in found and _is_plain(found[keyword]):
            clean.add(found[keyword])
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = PROFILE_CODE
    clean.DeidentificationMethodCodeSequence = Sequence([code])
    for keyword, value in (DONE, METHOD, TIMES_REMOVED):
        setattr(clean, keyword, value)
    _asked(clean, carried)


def _asked(clean: Any, carried: Carried) -> None:
    """Colour, dates and words that the policy lets through."""
    if carried.icc is not None:
        setattr(clean, ICC, carried.icc)
    if carried.time is not None:
        year, month, day, *_ = struct.unpack(">HBBBBB", carried.time)
        clean.StudyDate = f"{year:04}{month:02}{day:02}"
        del clean.LongitudinalTemporalInformationModified
    for name, words in carried.texts:
        keyword = name.removeprefix(DICOM)
        if keyword != name and keyword not in KEPT:
            setattr(clean, keyword, words)
            if keyword.startswith("Patient"):
                clean.PatientIdentityRemoved = "NO"
