"""DICOM rewritten by the basic confidentiality profile; its pixels as shown unchanged."""

from __future__ import annotations

import io
import struct
from typing import Any

from safelight.codecs.blocks import Carried
from safelight.codecs.dicom import ICC, MAX_DEPTH, Document, faults, known_faults
from safelight.codecs.dicom_frames import Tidied
from safelight.codecs.dicom_rules import (
    CLASS,
    DONE,
    EMPTY,
    EMPTY_IF_THERE,
    IDENTITIES,
    KEPT,
    METHOD,
    PIXELS,
    PROFILE_CODE,
    STATED,
    TIMES_REMOVED,
)
from safelight.codecs.dicom_terms import OTHER_MODALITY, USUAL_COLOUR, USUAL_GREY
from safelight.codecs.dicom_uids import CODING, IMPLEMENTATION, identity, is_known
from safelight.codecs.dicom_values import WORDS, fit_tables, is_sequence, plain
from safelight.codecs.text_risks import DICOM
from safelight.errors import ContainerBroken, FormatUnknown, ParameterInvalid

Pieces = list[bytes | memoryview]
NAME = "SAFELIGHT"
UTF_8 = "ISO_IR 192"


def rewritten(walked: Document, carried: Carried) -> Pieces:
    """The clean object as one piece.

    Raises ContainerBroken, ParameterInvalid for a mark or notice to be put into it, FormatUnknown
    for an object without a picture: its words are all it is.
    """
    if carried.xmp is not None:
        raise ParameterInvalid(
            "dicom has no place for a mark or a notice", hint="convert it to png and mark that"
        )
    with faults():
        if not any(keyword in walked.found for keyword in PIXELS):
            raise FormatUnknown(
                "a dicom object without a picture is not scrubbed: its words are what it holds",
                hint="remove it, or ask for an anonymous copy where it was made",
            )
        return [_written(walked, carried)]


def _written(walked: Document, carried: Carried) -> bytes:
    import pydicom
    from pydicom.dataset import FileMetaDataset

    found, meta = walked.found, walked.found.file_meta
    coding = _coding(_formed(str(meta.TransferSyntaxUID)))
    clean = _cleaned(found, 0)
    _stated(clean, found, carried)
    _pictured(clean, found, walked.pixels)
    clean.file_meta = FileMetaDataset()
    clean.file_meta.MediaStorageSOPClassUID = clean.SOPClassUID
    clean.file_meta.MediaStorageSOPInstanceUID = clean.SOPInstanceUID
    clean.file_meta.TransferSyntaxUID = coding
    clean.file_meta.ImplementationClassUID = IMPLEMENTATION
    clean.file_meta.ImplementationVersionName = NAME
    clean.preamble = bytes(128)
    out = io.BytesIO()
    pydicom.dcmwrite(out, clean, enforce_file_format=True)
    return out.getvalue()


def _pictured(clean: Any, found: Any, pixels: Tidied) -> None:
    """The clean pixels, in the representation that they had or the standard gives them."""
    for keyword, value in pixels.values.items():
        setattr(clean, keyword, value)
        if keyword in found and found[keyword].VR in ("OB", "OW"):
            clean[keyword].VR = found[keyword].VR
    if "PixelData" in clean:
        clean["PixelData"].is_undefined_length = found["PixelData"].is_undefined_length


def _formed(uid: str) -> str:
    """An identity in the form of one; words are refused."""
    if WORDS["UI"].fullmatch(uid) is None:
        raise ContainerBroken("the dicom data has an impossible identity")
    return uid


def _coding(uid: str) -> str:
    """A coding of the standard. Raises FormatUnknown for one that a maker gave himself."""
    if not is_known(uid, CODING):
        raise FormatUnknown("a dicom object in a coding of its maker is not rewritten")
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
            if depth < MAX_DEPTH and is_sequence(element):
                items = [_cleaned(item, depth + 1) for item in element.value]
                setattr(clean, element.keyword, Sequence(items))
        elif element.keyword in (*IDENTITIES, CLASS):
            uid = identity(element.keyword, _formed(str(element.value)))
            setattr(clean, element.keyword, uid)
        elif (known := plain(element)) is not None:
            clean.add(known)
    fit_tables(clean)
    return clean


def _element(found: Any, tag: Any) -> Any:
    """A tag with its value read; None where that cannot be done: then it is not kept either."""
    if tag.is_private or tag.element == 0:
        return None
    try:
        return found[tag]
    except known_faults():
        return None


def _stated(clean: Any, found: Any, carried: Carried) -> None:
    """What every object must state, what was asked for, and that it was done."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    for keyword in EMPTY:
        setattr(clean, keyword, "")
    for keyword in EMPTY_IF_THERE:
        if keyword in found:
            setattr(clean, keyword, "")
    for keyword in STATED:
        if keyword in found and (known := plain(found[keyword])) is not None:
            clean.add(known)
    if "Modality" in found and "Modality" not in clean:
        clean.Modality = OTHER_MODALITY
    if "PhotometricInterpretation" in found and "PhotometricInterpretation" not in clean:
        is_grey = int(found.get("SamplesPerPixel") or 1) == 1
        clean.PhotometricInterpretation = USUAL_GREY if is_grey else USUAL_COLOUR
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
            if not words.isascii() and "SpecificCharacterSet" not in clean:
                clean.SpecificCharacterSet = UTF_8
            if keyword.startswith("Patient"):
                clean.PatientIdentityRemoved = "NO"
