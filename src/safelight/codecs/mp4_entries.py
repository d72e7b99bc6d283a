"""How samples are coded: descriptions with the numbers that a decoder needs, and no name of an
encoder, its maker or its program.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.codecs.isobmff import Box, boxed, boxes
from safelight.codecs.mp4_shown import cleaned
from safelight.codecs.mp4_text import clean_text
from safelight.errors import ContainerBroken, FormatUnknown

HEAD, VIDEO, SOUND = 8, 70, 20
MORE_SOUND = {0: 0, 1: 16, 2: 36}
NO_PALETTE = (0xFFFF, 0)


def clean_entries(table: memoryview, handler: bytes, *, standard: bool) -> bytes:
    """The body of stsd with every entry cleaned; standard: what colour profiles become.

    Raises ContainerBroken, FormatUnknown.
    """
    count = struct.unpack_from(">I", table, 4)[0]
    entries: list[bytes] = []
    for box in boxes(table[8:]):
        if len(entries) == count:
            break
        entries.append(boxed(box.type, _entry(box, handler, standard=standard)))
    if len(entries) != count or not entries:
        raise ContainerBroken("the film has samples that nothing describes")
    return bytes(4) + struct.pack(">I", count) + b"".join(entries)


def _entry(box: Box, handler: bytes, *, standard: bool) -> bytes:
    body = box.body
    reference = bytes(6) + bytes(body[6:8])
    if handler in (b"vide", b"auxv"):
        return reference + _video(body, standard=standard)
    if handler == b"soun":
        return reference + _sound(body, standard=standard)
    return reference + clean_text(box.type, body[HEAD:])


def _video(body: memoryview, *, standard: bool) -> bytes:
    """Sides, resolution and depth; versions, makers and the name of the encoder are zero."""
    width, height, across, down = struct.unpack_from(">HHII", body, 24)
    frames, depth, palette = struct.unpack_from(">H32xHH", body, 40)
    if palette not in NO_PALETTE:
        raise FormatUnknown("a film with a palette of its own is not rewritten")
    if palette == 0 and depth <= 8:
        raise FormatUnknown("a film with a palette inside is not rewritten")
    fixed = bytes(16) + struct.pack(">HHIIIH", width, height, across, down, 0, frames)
    fixed += bytes(32) + struct.pack(">Hh", depth, -1)
    return fixed + _boxes(body[HEAD + VIDEO :], standard=standard)


def _sound(body: memoryview, *, standard: bool) -> bytes:
    version = struct.unpack_from(">H", body, 8)[0]
    if version not in MORE_SOUND:
        raise ContainerBroken("the film has sound of an unknown kind")
    end = HEAD + SOUND + MORE_SOUND[version]
    fixed = struct.pack(">HHI", version, 0, 0) + bytes(body[16:end])
    return fixed + _boxes(body[end:], standard=standard)


def _boxes(body: memoryview, *, standard: bool) -> bytes:
    return b"".join(
        boxed(b"wave", *_of_wave(box.body))
        if box.type == b"wave"
        else cleaned(box.type, box.body, standard=standard)
        for box in boxes(body)
    )


def _of_wave(body: memoryview) -> Iterator[bytes]:
    """What QuickTime wraps around a description of sound, up to the box that ends it."""
    for box in boxes(body):
        if box.type in (b"mp4a", b"ac-3"):
            yield boxed(box.type, box.body[:4])
        else:
            yield cleaned(box.type, box.body, standard=True)
    yield boxed(bytes(4))
