"""The pixels of a DICOM object, by pydicom (extra medical): the first frame as 16-bit grey or RGB.

stored                       uncompressed, RLE, JPEG (8 bit), JPEG 2000; others refused by name
rescale, modality table      applied; the lowest value becomes 0, the highest 65535
window, VOI table            the window is kept beside the pixels: see values
MONOCHROME1                  turned over, so that more is brighter
palette, YBR                 become RGB
"""

from __future__ import annotations

from typing import Any

from safelight.codecs.colour import GREY, RGB
from safelight.codecs.dicom import faults, read
from safelight.codecs.loading import from_array
from safelight.codecs.values import FULL, Values, with_values
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Header

SYNTAXES = "1.2.840.10008.1.2."
DEFLATED = SYNTAXES + "1.99"
EXTENDED_JPEG = SYNTAXES + "4.51"
LOSSLESS_JPEG = (SYNTAXES + "4.57", SYNTAXES + "4.70")
JPEG_LS = (SYNTAXES + "4.80", SYNTAXES + "4.81")
HIGH_THROUGHPUT = tuple(f"{SYNTAXES}4.{number}" for number in (201, 202, 203))
FILMS = SYNTAXES + "4.10"


def opened(data: memoryview, header: Header) -> Any:
    """The first frame, decoded at once. Raises SomethingMissing without the extra, FormatUnknown
    for a coding that is not read or an object without a picture, ContainerBroken.
    """
    with faults():
        found = read(data)
        from pydicom.pixels.utils import pixel_array

        _require_decoder(found)
        first = 0 if int(found.get("NumberOfFrames") or 1) > 1 else None
        array = pixel_array(found, index=first)
        return _coloured(found, array) if _is_coloured(found, array) else _grey(found, array)


def warm() -> None:
    """Where nothing can be imported any more, Pillow must have its decoders; only these two may
    ever be handed bytes.
    """
    from PIL import Image

    Image.init()
    Image.ID[:] = ["JPEG", "JPEG2000"]


def _require_decoder(found: Any) -> None:
    """Raise FormatUnknown by name for what no decoder here reads."""
    from pydicom.pixels.decoders.base import get_decoder

    if "PixelData" not in found:
        raise FormatUnknown(
            "this dicom object holds no picture", hint="safelight scrub FILE cleans its tags"
        )
    syntax = str(found.file_meta.TransferSyntaxUID)
    if syntax in JPEG_LS:
        raise FormatUnknown("dicom pixels in JPEG-LS are not read", hint="gdcmconv --raw first")
    if syntax in LOSSLESS_JPEG:
        raise FormatUnknown("dicom pixels in lossless JPEG are not read", hint="dcmdjpeg first")
    if syntax == EXTENDED_JPEG and found.BitsStored > 8:
        raise FormatUnknown("dicom pixels in JPEG of 12 bit are not read", hint="dcmdjpeg first")
    if syntax in HIGH_THROUGHPUT:
        raise FormatUnknown("dicom pixels in HTJ2K are not read", hint="gdcmconv --raw first")
    if syntax == DEFLATED or syntax.startswith(FILMS):
        raise FormatUnknown("dicom objects that are deflated or hold a film are not read")
    try:
        is_read = get_decoder(found.file_meta.TransferSyntaxUID).is_available
    except RuntimeError:
        is_read = False
    if not is_read:
        raise FormatUnknown("the coding of these dicom pixels is not one that Safelight reads")


def _is_coloured(found: Any, array: Any) -> bool:
    return bool(array.ndim == 3 or found.PhotometricInterpretation == "PALETTE COLOR")


def _coloured(found: Any, array: Any) -> Any:
    import numpy as np
    from pydicom.pixels.processing import apply_color_lut

    bits = int(found.BitsStored)
    if found.PhotometricInterpretation == "PALETTE COLOR":
        array = apply_color_lut(array, found)
        bits = 8 * array.itemsize
    if array.itemsize > 1:
        array = np.left_shift(array, 16 - bits) if bits < 16 else array >> bits - 16
        array = array.astype(np.uint16)
    return from_array(np.ascontiguousarray(array), RGB[array.itemsize == 2])


def _grey(found: Any, array: Any) -> Any:
    import numpy as np
    from pydicom.pixels.processing import apply_modality_lut

    measured = np.asarray(apply_modality_lut(array, found), np.float64)
    if not np.isfinite(measured).all():
        raise ContainerBroken("the dicom holds values that are no numbers")
    low, high = float(measured.min()), float(measured.max())
    dark, bright = _window(found, low, high)
    is_turned = found.PhotometricInterpretation == "MONOCHROME1"
    is_plain = found.BitsStored == 8 and array.dtype == np.uint8 and (dark, bright) == (low, high)
    if is_plain and (array == measured).all():
        return from_array(255 - array[..., None] if is_turned else array[..., None], GREY[False])
    if is_turned:
        low, high, dark, bright = high, low, bright, dark
    samples = np.rint((measured - low) * (FULL / ((high - low) or 1))).astype(np.uint16)
    picture = from_array(samples[..., None], GREY[True])
    return with_values(picture, Values(low, high, dark, bright))


def _window(found: Any, low: float, high: float) -> tuple[float, float]:
    """The darkest and the brightest value shown: the first window's ends, else all there is."""
    centre, width = (_first(found.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if centre is None or width is None or width < 1:
        return low, high
    return centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2


def _first(value: Any) -> float | None:
    """The first of several numbers, or the number."""
    if value is None or value == "":
        return None
    return float(value[0] if hasattr(value, "__getitem__") else value)
