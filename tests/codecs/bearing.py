"""Files that hold what the table of formats speaks of, and another library's word on whether they
do.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pydicom
import pyvips
from PIL import Image as Pillow

from safelight.formats import Format, Kept
from tests.codecs.making import dicom, in_format, picture, profile, saved

SIZE = (64, 48)


def clear() -> Pillow.Image:
    """A picture that one can see through in a part."""
    image = picture(*SIZE, "RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 20, 20))
    return image


def deep() -> Any:
    """16 bits that are no stretched 8."""
    return np.linspace(0, 65_535, SIZE[0] * SIZE[1]).astype(np.uint16).reshape(SIZE[::-1])


def bearing(format: Format, kept: Kept, data: Path) -> bytes | None:
    """A file of this format with this in it; None where the format has no such thing, or where no
    library here can make one.
    """
    match kept:
        case "icc":
            return _with_profile(format)
        case "alpha":
            return _clear(format)
        case "animation" | "pages":
            return _frames(format, kept)
        case "depth":
            return _deep(format)
    names = {
        "jpeg": "paris_exif_xmp_gainmap_littleendian.jpg",
        "avif": "seine_sdr_gainmap_srgb.avif",
    }
    return (data / "metadata/libavif" / names[format]).read_bytes() if format in names else None


def _with_profile(format: Format) -> bytes | None:
    if format == "bmp":
        return None
    image = picture(*SIZE)
    if format == "dicom":
        return dicom(image, ICCProfile=profile())
    if format == "heic":
        out = io.BytesIO()
        pillow_heif.from_pillow(image).save(out, icc_profile=profile())
        return out.getvalue()
    if format == "gif":
        block = b"\x21\xff\x0bICCRGBG1012" + _sub_blocks(profile()) + b"\0"
        data = saved(image.quantize(), "GIF")
        at = data.index(b"\x2c", 13 + (3 << (data[10] & 7) + 1))
        return data[:at] + block + data[at:]
    return saved(image, format.upper(), icc_profile=profile())


def _sub_blocks(data: bytes) -> bytes:
    parts = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"".join(bytes([len(part)]) + part for part in parts)


def _clear(format: Format) -> bytes | None:
    if format in ("jpeg", "dicom", "bmp"):
        return None
    if format == "gif":
        return saved(clear(), "GIF")
    return in_format(clear(), format)


def _frames(format: Format, kept: Kept) -> bytes | None:
    holders = {"animation": ("png", "webp", "gif", "avif"), "pages": ("tiff",)}
    if format == "dicom" and kept == "pages":
        frames = np.asarray(picture(*SIZE, "L"))
        twice = Pillow.fromarray(np.concatenate([frames, frames[::-1]]))
        return dicom(twice, Rows=SIZE[1], NumberOfFrames=2)
    if format not in holders[kept]:
        return None
    image = picture(*SIZE)
    return saved(image, format.upper(), save_all=True, append_images=[image.rotate(180)])


def _deep(format: Format) -> bytes | None:
    if format in ("png", "tiff", "dicom"):
        return in_format(Pillow.fromarray(deep()), format)
    out = io.BytesIO()
    if format == "heic":
        pixels = np.repeat(deep()[..., None], 3, 2).tobytes()
        pillow_heif.encode("RGB;16", SIZE, pixels, out, quality=-1)
        return out.getvalue()
    if format == "avif":
        image = pyvips.Image.new_from_array(np.repeat(deep()[..., None], 3, 2))
        image = image.copy(interpretation="rgb16")
        data: bytes = image.heifsave_buffer(compression="av1", bitdepth=10, effort=0)
        return data
    return None


def holds(data: bytes, format: Format, kept: Kept) -> bool:
    """What another library finds in the file."""
    match kept:
        case "icc":
            return _has_profile(data, format)
        case "alpha":
            return _is_clear(data, format)
        case "gain map":
            return b"hdr-gain-map" in data or b"tmap" in data
        case "depth":
            return _is_deep(data, format)
    if format == "dicom":
        return int(pydicom.dcmread(io.BytesIO(data)).get("NumberOfFrames") or 1) > 1
    if format == "heic":
        return len(pillow_heif.open_heif(io.BytesIO(data))) > 1
    is_pages = format == "tiff"
    several = getattr(Pillow.open(io.BytesIO(data)), "n_frames", 1) > 1
    return several and is_pages == (kept == "pages")


def _has_profile(data: bytes, format: Format) -> bool:
    if format in ("bmp", "dicom"):
        return b"acsp" in data
    if format == "gif":
        return b"ICCRGBG1012" in data
    if format == "heic":
        return bool(pillow_heif.open_heif(io.BytesIO(data)).info.get("icc_profile"))
    return bool(Pillow.open(io.BytesIO(data)).info.get("icc_profile"))


def _is_clear(data: bytes, format: Format) -> bool:
    if format == "dicom":
        return int(pydicom.dcmread(io.BytesIO(data)).SamplesPerPixel) == 4
    if format == "heic":
        return bool(pillow_heif.open_heif(io.BytesIO(data)).has_alpha)
    alpha = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGBA"))[..., 3]
    return bool((alpha < 9).any())


def _is_deep(data: bytes, format: Format) -> bool:
    if format == "dicom":
        return int(pydicom.dcmread(io.BytesIO(data)).BitsStored) == 16
    if format == "heic":
        return int(pillow_heif.open_heif(io.BytesIO(data)).info["bit_depth"]) > 8
    if format == "bmp":
        return False
    return bool(pyvips.Image.new_from_buffer(data, "").format == "ushort")
