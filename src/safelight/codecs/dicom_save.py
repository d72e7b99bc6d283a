"""DICOM: a new secondary capture, uncompressed; nothing in it says whose picture it is."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from safelight.codecs.colour import is_deep
from safelight.codecs.savers import Pieces, too_many
from safelight.codecs.values import values_of
from safelight.errors import SomethingMissing
from safelight.image import Wish

# Names in the standard's own tree that are made from a number of 128 bits need no registration.
UUID_ROOT = "2.25."
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
SIGNIFICANT = 10


def saved(picture: Any, wish: Wish, most_bytes: int) -> Pieces:
    """The file in one piece; grey in 8 or 16 bit, RGB in 8. The same pixels give the same bytes.

    Raises LimitExceeded, SomethingMissing without the extra.
    """
    try:
        from pydicom.dataset import FileDataset, FileMetaDataset
        from pydicom.uid import UID
    except ImportError:
        raise SomethingMissing(
            "dicom needs a package that is not installed", hint="pip install 'safelight[medical]'"
        ) from None
    if picture.width * picture.height * picture.bands > most_bytes:
        raise too_many(most_bytes)
    pixels = bytes(picture.write_to_memory())
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(SECONDARY_CAPTURE)
    meta.MediaStorageSOPInstanceUID = UID(_uid(pixels, b"instance"))
    meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    meta.ImplementationClassUID = UID(_uid(b"", b"safelight"))
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    _identify(made, meta, pixels)
    _describe(made, picture)
    made.PixelData = pixels + bytes(len(pixels) % 2)
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    data = out.getvalue()
    if len(data) > most_bytes:
        raise too_many(most_bytes)
    return [data]


def _identify(made: Any, meta: Any, pixels: bytes) -> None:
    """What the standard asks every object for; names and dates are there and empty."""
    made.SOPClassUID = meta.MediaStorageSOPClassUID
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID = _uid(pixels, b"study")
    made.SeriesInstanceUID = _uid(pixels, b"series")
    made.Modality = "OT"
    made.ConversionType = "WSD"
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = "pixels alone in a new object"
    for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate"):
        setattr(made, name, "")
    for name in ("StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"):
        setattr(made, name, "")
    made.SeriesNumber = made.InstanceNumber = 1


def _describe(made: Any, picture: Any) -> None:
    bits = 16 if is_deep(picture) else 8
    made.Rows, made.Columns = picture.height, picture.width
    made.SamplesPerPixel = picture.bands
    made.PhotometricInterpretation = "MONOCHROME2" if picture.bands == 1 else "RGB"
    if picture.bands > 1:
        made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = bits
    made.HighBit, made.PixelRepresentation = bits - 1, 0
    values = values_of(picture)
    if values is None:
        return
    made.RescaleIntercept, made.RescaleSlope = _number(values.low), _number(values.step)
    made.RescaleType = "US"
    dark, bright = sorted((values.dark, values.bright))
    made.WindowCenter = _number((dark + bright + 1) / 2)
    made.WindowWidth = _number(max(1.0, bright - dark + 1))


def _number(value: float) -> str:
    """A decimal of at most 16 letters."""
    return f"{value:.{SIGNIFICANT}g}"[:16]


def _uid(data: bytes, what: bytes) -> str:
    """A name from the pixels alone: nothing of the original, no clock, no machine."""
    digest = hashlib.sha256(what + b"\0" + data).digest()
    return UUID_ROOT + str(int.from_bytes(digest[:16], "big"))
