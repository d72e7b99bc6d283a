"""The compressed pixels of a GIF: where their stream ends, and nothing behind it (GIF89a, app. F).

Only the lengths of the codes' strings are followed, not the strings: enough to count pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from safelight.codecs.lzw import MOST_BITS, Coding, bits_until_end
from safelight.errors import ContainerBroken

TABLE = 1 << MOST_BITS
# Bytes that are looked at code by code: half a second.
LONG = 1_000_000


@dataclass(frozen=True, slots=True)
class End:
    """How many bits of a stream are needed, how wide the next code would be, and whether an end
    code must be put there because other codes follow.
    """

    bits: int
    width: int = 0
    is_open: bool = False


def end_of(stream: bytes, least_bits: int, pixels: int) -> End:
    """The end of the stream of a picture with so many pixels; a short one ends with its bytes.

    Raises ContainerBroken for a code that no encoder can have written.
    """
    if not 1 <= least_bits <= 8:
        raise ContainerBroken("the GIF has an impossible code size")
    clear = 1 << least_bits
    width, following, last = least_bits + 1, clear + 2, -1
    lengths = [1] * clear + [0] * (TABLE - clear)
    value = held = at = 0
    for byte in stream:
        value |= byte << held
        held += 8
        at += 8
        while held >= width:
            code = value & (1 << width) - 1
            value >>= width
            held -= width
            if code == clear + 1:
                return End(at - held)
            if pixels <= 0:
                return End(at - held - width, width, is_open=True)
            if code == clear:
                width, following, last = least_bits + 1, clear + 2, -1
                continue
            if code > following or (last < 0 and code > clear):
                raise ContainerBroken("the GIF has damaged pixels")
            if last >= 0 and following < TABLE:
                lengths[following] = lengths[last] + 1
                following += 1
                if following == 1 << width and width < MOST_BITS:
                    width += 1
            pixels -= lengths[code]
            last = code
    return End(len(stream) * 8)


def tidy_stream(stream: bytes, least_bits: int, pixels: int) -> bytes:
    """The same bytes when they hold exactly one picture's stream; else one that does.

    Of a long one only what follows its end code is cut off: its pixels are not counted.
    """
    if len(stream) > LONG:
        bits = bits_until_end(stream, Coding(1 << least_bits, is_high_first=False, is_early=False))
        return stream[: -(-bits // 8)]
    end = end_of(stream, least_bits, pixels)
    if end.is_open:
        code = (1 << least_bits) + 1
        kept = int.from_bytes(stream[: -(-end.bits // 8)], "little") & (1 << end.bits) - 1
        size = -(-(end.bits + end.width) // 8)
        return (kept | code << end.bits).to_bytes(size, "little")
    return stream[: -(-end.bits // 8)]
