"""BMP: the headers of Windows and OS/2, where palette, pixels and profile lie, and what hides."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.blocks import Block
from safelight.codecs.reading import part, starts
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Header

FILE_HEAD = 14
CORE, PLAIN, V2, V3, OS2, V4, V5 = 12, 40, 52, 56, 64, 108, 124
HEADS = (CORE, 16, PLAIN, V2, V3, OS2, V4, V5)
RAW, RLE8, RLE4, FIELDS, ALPHA_FIELDS = 0, 1, 2, 3, 6
PICTURES = (4, 5)
DEPTHS: dict[int, tuple[int, ...]] = {
    RAW: (1, 2, 4, 8, 16, 24, 32),
    RLE8: (8,),
    RLE4: (4,),
    FIELDS: (16, 32),
    ALPHA_FIELDS: (16, 32),
}
EMBEDDED, LINKED, STANDARD = b"DEBM", b"KNIL", b"BGRs"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the headers say, checked: sides in pixels, and slices of the file.

    masks say which bits of a pixel are red, green, blue and alpha, where they are given; profile is
    embedded, link the path of one that is not.
    """

    dib: memoryview
    width: int
    height: int
    is_top_down: bool
    bits: int
    coding: int
    masks: tuple[int, ...]
    mask_bytes: memoryview
    palette: memoryview
    entry: int
    pixels_start: int
    pixels: memoryview
    profile: memoryview | None
    link: memoryview | None
    rest: tuple[memoryview, ...]

    @property
    def stride(self) -> int:
        """Bytes of a row, padding included."""
        return (self.width * self.bits + 31) // 32 * 4


def walk(data: memoryview) -> Layout:
    """The file taken apart.

    Raises ContainerBroken for what cannot be, FormatUnknown for a coding that is no BMP's own.
    """
    if not starts(data, b"BM"):
        raise ContainerBroken("the BMP does not start like one")
    offset, size = struct.unpack_from("<II", part(data, 0, 18), 10)
    if size not in HEADS:
        raise ContainerBroken("the BMP has an unknown header")
    dib = part(data, FILE_HEAD, size)
    width, height, bits, coding = _checked(dib)
    end = FILE_HEAD + size
    mask_bytes = data[:0]
    if size == PLAIN and coding in (FIELDS, ALPHA_FIELDS):
        mask_bytes = part(data, end, 12 if coding == FIELDS else 16)
    end += len(mask_bytes)
    entry = 3 if size == CORE else 4
    palette = _palette(data, dib, (end, offset), (bits, entry))
    pixels = _pixels(data[min(offset, len(data)) :], (width, abs(height)), bits, coding)
    profile, link = _profile(data, dib)
    return Layout(
        dib,
        width,
        abs(height),
        height < 0,
        bits,
        coding,
        _masks(dib, mask_bytes, coding),
        mask_bytes,
        palette,
        entry,
        offset,
        pixels,
        profile,
        link,
        _rest(data, (end + len(palette), offset), offset + len(pixels), profile or link),
    )


def _checked(dib: memoryview) -> tuple[int, int, int, int]:
    """What the header says, when pixels of that kind can be here."""
    size = len(dib)
    width, height, bits, coding = _sides(dib)
    if coding in PICTURES:
        raise FormatUnknown(
            "a BMP that holds a JPEG or PNG is not read",
            hint="convert it with the program that made it",
        )
    if size in (16, OS2) and coding > RLE4:
        raise FormatUnknown(
            "a BMP with a coding of OS/2 is not read",
            hint="convert it with the program that made it",
        )
    if bits not in DEPTHS.get(coding, ()) or not width or not height:
        raise ContainerBroken("the BMP has an impossible header")
    return width, height, bits, coding


def _sides(dib: memoryview) -> tuple[int, int, int, int]:
    """Width, height (below zero: rows from the top), bits of a pixel, coding."""
    if len(dib) == CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", dib, 4)
        return width, height, bits, RAW
    width, height, _, bits = struct.unpack_from("<iiHH", dib, 4)
    coding = struct.unpack_from("<I", dib, 16)[0] if len(dib) >= PLAIN else RAW
    if width < 0:
        raise ContainerBroken("the BMP has an impossible header")
    return width, height, bits, coding


def _palette(
    data: memoryview, dib: memoryview, room: tuple[int, int], sizes: tuple[int, int]
) -> memoryview:
    """The colours that pixels of this depth can name; other depths have none."""
    (start, end), (bits, entry) = room, sizes
    if bits > 8:
        return data[:0]
    used = struct.unpack_from("<I", dib, 32)[0] if len(dib) >= PLAIN else 0
    count = min(used or 1 << bits, 1 << bits, max(0, min(end, len(data)) - start) // entry)
    if not count:
        raise ContainerBroken("the BMP has no palette")
    return data[start : start + count * entry]


def _pixels(data: memoryview, sides: tuple[int, int], bits: int, coding: int) -> memoryview:
    width, height = sides
    if coding in (RLE8, RLE4):
        return data[: end_of_runs(data, is_half=coding == RLE4)]
    stride = (width * bits + 31) // 32 * 4
    needed = stride * (height - 1) + (width * bits + 7) // 8
    if len(data) < needed:
        raise ContainerBroken("the BMP is truncated: rows are missing")
    return data[: stride * height]


def end_of_runs(data: memoryview, *, is_half: bool) -> int:
    """Where run-length coded pixels end: behind the mark that says so, or with the bytes."""
    at = 0
    while at + 1 < len(data):
        count, value = data[at], data[at + 1]
        at += 2
        if count or value == 0:
            continue
        if value == 1:
            return at
        if value == 2:
            at += 2
        else:
            raw = (value + 1) // 2 if is_half else value
            at += raw + raw % 2
    return min(at, len(data))


def _masks(dib: memoryview, mask_bytes: memoryview, coding: int) -> tuple[int, ...]:
    if len(mask_bytes):
        return struct.unpack(f"<{len(mask_bytes) // 4}I", mask_bytes)
    if coding not in (FIELDS, ALPHA_FIELDS):
        return ()
    return struct.unpack_from("<3I" if len(dib) < V3 else "<4I", dib, 40)


def _profile(data: memoryview, dib: memoryview) -> tuple[memoryview | None, memoryview | None]:
    """The profile that is embedded, or the name of a file that holds it."""
    kind = bytes(dib[56:60]) if len(dib) == V5 else b""
    if kind not in (EMBEDDED, LINKED):
        return None, None
    start, size = struct.unpack_from("<II", dib, 112)
    found = data[FILE_HEAD + start :][:size]
    return (found, None) if kind == EMBEDDED else (None, found)


def _rest(
    data: memoryview, gap: tuple[int, int], end: int, profile: memoryview | None
) -> tuple[memoryview, ...]:
    """What lies between the parts and behind them, a profile apart."""
    behind = data[end:]
    size = len(profile) if profile is not None else 0
    if size and len(behind) >= size and behind[len(behind) - size :] == profile:
        behind = behind[: len(behind) - size]
    return tuple(piece for piece in (data[gap[0] : gap[1]], behind) if len(piece))


def header(data: memoryview) -> Header:
    """Sides, and alpha where bits of a pixel are said to be that; a palette counts as rgb."""
    layout = walk(data)
    has_alpha = len(layout.masks) == 4 and layout.masks[3] != 0
    return Header(
        "bmp", layout.width, layout.height, bands=3 + has_alpha, has_alpha=has_alpha, colour="rgb"
    )


def blocks(data: memoryview, walked: Layout | None = None) -> Iterator[Block]:
    """The profile, or the path that names it; and bytes that belong to nothing."""
    layout = walked or walk(data)
    if layout.profile is not None:
        yield Block("icc", "ICC_Profile", layout.profile)
    if layout.link is not None:
        yield Block("comment", "LinkedProfile", layout.link)
    for piece in layout.rest:
        if bytes(piece[:1_000_000]).strip(b"\0"):
            yield Block("trailer", "Trailer", piece)
