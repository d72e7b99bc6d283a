"""How samples are coded: descriptions with the numbers that a decoder needs, and no name of an
encoder, its maker or its program.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.codecs.isobmff import boxed, boxes
from safelight.errors import ContainerBroken, FormatUnknown

HEAD, VIDEO, SOUND = 8, 70, 20
MORE_SOUND = {0: 0, 1: 16, 2: 36}
# Boxes of a description by their use: codecs, colour, shape, sound, eyes and sphere.
KEPT = frozenset(
    {
        *(b"avcC", b"hvcC", b"lhvC", b"av1C", b"vpcC", b"vvcC", b"esds", b"d263", b"jpgC", b"dvcC"),
        *(b"dvvC", b"dvwC", b"glbl", b"colr", b"pasp", b"clap", b"btrt", b"fiel", b"gama", b"mdcv"),
        *(b"clli", b"SmDm", b"CoLL", b"chrm", b"amve", b"st3d", b"sv3d", b"vexu", b"hfov", b"dac3"),
        *(b"dec3", b"dac4", b"dOps", b"dfLa", b"alac", b"pcmC", b"chan", b"chnl", b"ddts", b"udts"),
        *(b"mhaC", b"SA3D", b"srat", b"frma", b"enda", b"vttC", b"vlab", b"ftab"),
    }
)
NO_PALETTE = (0xFFFF, 0)


def clean_entries(table: memoryview, handler: bytes) -> bytes:
    """The body of stsd with every entry cleaned. Raises ContainerBroken, FormatUnknown."""
    count = struct.unpack_from(">I", table, 4)[0]
    entries: list[bytes] = []
    for box in boxes(table[8:]):
        if len(entries) == count:
            break
        entries.append(boxed(box.type, _entry(box.body, handler)))
    if len(entries) != count or not entries:
        raise ContainerBroken("the film has samples that nothing describes")
    return bytes(4) + struct.pack(">I", count) + b"".join(entries)


def _entry(body: memoryview, handler: bytes) -> bytes:
    reference = bytes(6) + bytes(body[6:8])
    if handler in (b"vide", b"auxv"):
        return reference + _video(body)
    if handler == b"soun":
        return reference + _sound(body)
    return reference + bytes(body[8:])


def _video(body: memoryview) -> bytes:
    """Sides, resolution and depth; versions, makers and the name of the encoder are zero."""
    width, height, across, down = struct.unpack_from(">HHII", body, 24)
    frames, depth, palette = struct.unpack_from(">H32xHH", body, 40)
    if palette not in NO_PALETTE:
        raise FormatUnknown("a film with a palette of its own is not rewritten")
    if palette == 0 and depth <= 8:
        raise FormatUnknown("a film with a palette inside is not rewritten")
    fixed = bytes(16) + struct.pack(">HHIIIH", width, height, across, down, 0, frames)
    return fixed + bytes(32) + struct.pack(">Hh", depth, -1) + _boxes(body[HEAD + VIDEO :])


def _sound(body: memoryview) -> bytes:
    version = struct.unpack_from(">H", body, 8)[0]
    if version not in MORE_SOUND:
        raise ContainerBroken("the film has sound of an unknown kind")
    end = HEAD + SOUND + MORE_SOUND[version]
    fixed = struct.pack(">HHI", version, 0, 0) + bytes(body[16:end])
    return fixed + _boxes(body[end:])


def _boxes(body: memoryview) -> bytes:
    return b"".join(_kept(body))


def _kept(body: memoryview) -> Iterator[bytes]:
    for box in boxes(body):
        if box.type == b"wave":
            inner = b"".join(_of_wave(box.body))
            yield boxed(b"wave", inner)
        elif box.type in (b"damr", b"dawp"):
            # Four bytes of it name the maker of the encoder.
            yield boxed(box.type, bytes(4), box.body[4:])
        elif box.type in KEPT:
            yield boxed(box.type, box.body)


def _of_wave(body: memoryview) -> Iterator[bytes]:
    """What QuickTime wraps around a description of sound, up to the box that ends it."""
    for box in boxes(body):
        if box.type in KEPT:
            yield boxed(box.type, box.body)
        elif box.type in (b"mp4a", b"alac", b"ac-3"):
            yield boxed(box.type, box.body[:4])
    yield boxed(bytes(4))
