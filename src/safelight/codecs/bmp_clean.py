"""BMP rewritten: headers with nothing unused in them, palette, pixels without padding, profile."""

from __future__ import annotations

import struct

from safelight.codecs.blocks import Carried
from safelight.codecs.bmp import (
    EMBEDDED,
    FILE_HEAD,
    LINKED,
    OS2,
    PLAIN,
    RAW,
    RLE4,
    RLE8,
    STANDARD,
    V4,
    V5,
    Layout,
)
from safelight.errors import ParameterInvalid

Pieces = list[bytes | memoryview]


def rewritten(walked: Layout, carried: Carried) -> Pieces:
    """The pieces of the clean file.

    Raises ParameterInvalid for a mark or notice to be put into it.
    """
    if carried.xmp is not None:
        raise ParameterInvalid(
            "bmp has no place for a mark or a notice", hint="convert it to png and mark that"
        )
    palette = _without_fourth(walked.palette) if walked.entry == 4 else bytes(walked.palette)
    pixels = _without_padding(walked)
    profile = carried.icc if len(walked.dib) == V5 else None
    start = FILE_HEAD + len(walked.dib) + len(walked.mask_bytes) + len(palette)
    end = start + len(pixels)
    dib = _dib(walked, len(pixels), profile, end - FILE_HEAD)
    size = end + len(profile or b"")
    head = struct.pack("<2sIII", b"BM", size, 0, start)
    out: Pieces = [head, dib, walked.mask_bytes, palette, pixels]
    return out if profile is None else [*out, profile]


def _dib(walked: Layout, size: int, profile: bytes | None, profile_at: int) -> bytes:
    """The picture's header with its own numbers; what is reserved or unused is zero."""
    dib = bytearray(walked.dib)
    struct.pack_into("<H", dib, 8 if len(dib) == 12 else 12, 1)
    if len(dib) < PLAIN:
        return bytes(dib)
    colours = len(walked.palette) // walked.entry
    used = 0 if walked.bits > 8 or colours == 1 << walked.bits else colours
    struct.pack_into("<I", dib, 20, size if walked.coding != RAW else 0)
    struct.pack_into("<II", dib, 32, used, 0)
    if len(dib) == OS2:
        dib[40:] = bytes(OS2 - 40)
    else:
        for at in range(40, min(len(dib), 56), 4):
            if not _is_mask(struct.unpack_from("<I", dib, at)[0]):
                dib[at : at + 4] = bytes(4)
    if len(dib) >= V4:
        _colour(dib)
    if len(dib) == V5:
        dib[112:124] = bytes(12)
        if profile is not None:
            dib[56:60] = EMBEDDED
            struct.pack_into("<II", dib, 112, profile_at, len(profile))
    return bytes(dib)


def _colour(dib: bytearray) -> None:
    """End points and gamma are numbers of a calibrated picture alone."""
    kind = bytes(dib[56:60])
    if kind != bytes(4):
        dib[60:108] = bytes(48)
        dib[56:60] = STANDARD if kind in (EMBEDDED, LINKED) else _known(kind)
    if len(dib) == V5 and struct.unpack_from("<I", dib, 108)[0] not in (0, 1, 2, 4, 8):
        dib[108:112] = bytes(4)


def _is_mask(bits: int) -> bool:
    """True for bits without a gap between them: everything else says nothing of a pixel."""
    lowest = bits & -bits
    return bits == 0 or (bits + lowest) & bits == 0


def _known(kind: bytes) -> bytes:
    return kind if kind in (STANDARD, b" niW") else STANDARD


def _without_fourth(palette: memoryview) -> bytes:
    """Each colour with its reserved byte at zero."""
    out = bytearray(palette)
    out[3::4] = bytes(len(out) // 4)
    return bytes(out)


def _without_padding(walked: Layout) -> bytes | memoryview:
    """The pixels as they are, unless something is written between the rows."""
    used, stride = (walked.width * walked.bits + 7) // 8, walked.stride
    if walked.coding in (RLE8, RLE4) or used == stride:
        return walked.pixels
    columns = range(used, stride)
    if not any(any(walked.pixels[column::stride]) for column in columns):
        return walked.pixels
    out = bytearray(walked.pixels)
    for column in columns:
        out[column::stride] = bytes(len(out[column::stride]))
    return bytes(out)
