"""JPEG: the resolution in which it prints, brought to the place that JFIF has for it."""

from __future__ import annotations

import struct

from safelight.codecs.exif import read_exif
from safelight.codecs.jpeg_frame import Frame

X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
# Units of EXIF as those of JFIF: dots per inch, per centimetre.
UNITS = {2: 1, 3: 2}
# What EXIF has to say where nobody knows: 72 dots per inch (CIPA DC-008, 4.6.4).
UNKNOWN = (1, 72, 72)
SQUARE = b"\0\0\1\0\1"
ADOBE_YCC, NO_ADOBE = 1, -1


def of_jfif(body: memoryview) -> bytes:
    """Unit and dots across and down of a JFIF segment; square dots when they cannot be meant."""
    unit, across, down = struct.unpack_from(">BHH", body, 7)
    is_meant = unit <= 2 and across and down
    return bytes(body[7:12]) if is_meant else SQUARE


def of_exif(data: memoryview) -> bytes:
    """The same of an EXIF block's first directory; empty where it says none, or the unknown one."""
    tags = {
        tag.entry.number: tag.entry.values
        for tag in read_exif(data).tags
        if tag.directory == "IFD0"
    }
    wanted = (RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION)
    unit, across, down = (round((tags.get(number) or (0,))[0]) for number in wanted)
    given = (UNITS.get(unit, 0), across, down)
    if not given[0] or given == UNKNOWN or not (0 < across < 65_536 and 0 < down < 65_536):
        return b""
    return struct.pack(">BHH", *given)


def chosen(jfif: bytes, exif: bytes, frame: Frame, transform: int) -> bytes:
    """What the JFIF segment is to say; empty for none. EXIF counts where JFIF is silent.

    A file without the segment gets one only where decoders take its colours the same with it: they
    hold the channels of a JFIF file for luma and chroma, whatever stands elsewhere.
    """
    if jfif not in (b"", SQUARE):
        return jfif
    if not jfif and not _is_as_jfif(frame, transform):
        return b""
    return exif or jfif


def _is_as_jfif(frame: Frame, transform: int) -> bool:
    channels = sum(len(same) for same in frame.components.values())
    if channels == 3:
        is_usual = set(frame.components) in ({1, 2, 3}, {0, 1, 2})
        return transform == ADOBE_YCC or (transform == NO_ADOBE and is_usual)
    return channels == 1
