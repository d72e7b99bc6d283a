"""The coded pixels of a TIFF's strips and tiles: each up to its end, and nothing behind it."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from safelight.codecs.coded_jpeg import bare_jpeg
from safelight.codecs.lzw import TIFF, bits_until_end
from safelight.codecs.tiff_pages import DEFLATES, JPEG, LZW, PACKBITS
from safelight.errors import ContainerBroken

STEP = 1 << 20
CLEAR, END, TABLE = 256, 257, 4096
Coded = bytes | memoryview


def tidy(data: memoryview, coding: int, pixels: int, *, is_long: bool = False) -> Coded:
    """The same bytes where they hold exactly this picture; else such as do.

    pixels is how many bytes come out, 0 where that is unknown; is_long: there is so much of it that
    LZW is cut behind its end code, and not counted. Raises ContainerBroken.
    """
    if is_long and coding == LZW and not _is_old_lzw(data):
        return data[: -(-bits_until_end(data, TIFF) // 8)]
    shorten = _SHORTENERS.get(coding)
    return shorten(data, pixels) if shorten is not None and len(data) and pixels else data


def _deflate(data: memoryview, pixels: int) -> Coded:
    """A stream that gives more than the picture is packed anew without the rest."""
    inflater = zlib.decompressobj()
    waiting: Coded = data
    left = pixels
    try:
        while waiting and left:
            left -= len(inflater.decompress(waiting, min(STEP, left)))
            waiting = inflater.unconsumed_tail
        if inflater.decompress(waiting, 1):
            return _packed_anew(data, pixels)
    except zlib.error:
        raise ContainerBroken("the TIFF has damaged pixels") from None
    return data[: len(data) - len(inflater.unused_data)]


def _packed_anew(data: memoryview, pixels: int) -> bytes:
    return zlib.compress(zlib.decompressobj().decompress(data, pixels), 6)


def _lzw(data: memoryview, pixels: int) -> Coded:
    """Most significant bit first, wider one code early; the older order is left as it is."""
    if _is_old_lzw(data):
        return data
    lengths = [1] * 256 + [0] * (TABLE - 256)
    width, following, last = 9, 258, -1
    value = held = at = 0
    for byte in data:
        value = value << 8 | byte
        held += 8
        at += 1
        if held < width:
            continue
        held -= width
        code = value >> held
        value &= (1 << held) - 1
        if code == END or (pixels <= 0 and code != CLEAR):
            return data[:at]
        if code == CLEAR:
            width, following, last = 9, 258, -1
            continue
        if code > following or (last < 0 and code > 255):
            raise ContainerBroken("the TIFF has damaged pixels")
        if last >= 0 and following < TABLE:
            lengths[following] = lengths[last] + 1
            following += 1
            width = 9 + (following > 510) + (following > 1022) + (following > 2046)
        pixels -= lengths[code]
        last = code
    return data


def _is_old_lzw(data: memoryview) -> bool:
    return len(data) > 1 and data[0] == 0 and bool(data[1] & 1)


def _packbits(data: memoryview, pixels: int) -> Coded:
    at = made = 0
    while at < len(data) and made < pixels:
        head = data[at]
        if head < 128:
            at, made = at + 2 + head, made + 1 + head
        else:
            at, made = at + (1 if head == 128 else 2), made + (0 if head == 128 else 257 - head)
    return data[:at]


def _jpeg(data: memoryview, _pixels: int) -> Coded:
    return bare_jpeg(data)


_SHORTENERS: dict[int, Callable[[memoryview, int], Coded]] = {
    **dict.fromkeys(DEFLATES, _deflate),
    LZW: _lzw,
    PACKBITS: _packbits,
    JPEG: _jpeg,
}


def tidy_tables(data: memoryview) -> Coded:
    """JPEG tables that many strips share, without anything between them."""
    return bare_jpeg(data)
