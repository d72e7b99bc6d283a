"""A JPEG within another container: its own segments alone, without any metadata."""

from __future__ import annotations

import struct

from safelight.codecs import jpeg_segments as jpeg

MADE_BY_ADOBE, MADE_BY_JFIF = 12, 14
# Segments without which a decoder cannot do; every other is no part of the picture.
NEEDED = jpeg.FRAMES | jpeg.REFUSED_FRAMES | {jpeg.DQT, jpeg.DHT, jpeg.DAC, jpeg.DRI, jpeg.DNL}


def bare_jpeg(data: memoryview) -> bytes | memoryview:
    """The picture, bit for bit; comments, application blocks and what follows the end are not.

    The same bytes where there are none of them. Raises ContainerBroken.
    """
    out = bytearray(b"\xff\xd8")
    for segment in jpeg.segments(data):
        if segment.marker in NEEDED or segment.marker == jpeg.SOS or _is_hint(segment):
            out += struct.pack(">BBH", 0xFF, segment.marker, len(segment.body) + 2) + segment.body
            out += segment.coded or b""
    out += b"\xff\xd9"
    return data if out == data else bytes(out)


def _is_hint(segment: jpeg.Segment) -> bool:
    """Colour as Adobe says it, or a JFIF head without a small picture."""
    if segment.marker == 0xEE:
        return len(segment.body) == MADE_BY_ADOBE
    return segment.marker == 0xE0 and len(segment.body) == MADE_BY_JFIF
