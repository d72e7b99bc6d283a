"""The best quality whose file is not larger than asked, by a bounded search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from safelight.codecs.scrub import Pieces, size_of
from safelight.errors import LimitExceeded
from safelight.formats import TABLE, Format
from safelight.image import Wish

BEST, LEAST = 95, 5
SMALLEST = 9
Encode = Callable[[Wish], Pieces]


def encoded_within(encode: Encode, wish: Wish, target: Format) -> tuple[Pieces, int | None]:
    """The pieces, and the quality that was found; None where none was looked for.

    The picture is encoded at most eight times. Raises LimitExceeded when even the least does not
    fit.
    """
    if wish.to_bytes is None:
        return encode(wish), None
    plain = replace(wish, to_bytes=None)
    if wish.lossless or not TABLE[target].lossy:
        return _without_loss(encode, plain, wish.to_bytes), None
    return _searched(encode, plain, wish.to_bytes)


def _without_loss(encode: Encode, wish: Wish, most: int) -> Pieces:
    """As it is, or else with more effort."""
    pieces = encode(wish)
    if size_of(pieces) > most and wish.effort is None:
        pieces = encode(replace(wish, effort=SMALLEST))
    size = size_of(pieces)
    if size > most:
        raise LimitExceeded(
            f"without loss the result has {size} bytes, {most} are asked for",
            hint="resize first, or a format with a quality, as --to webp without --lossless",
        )
    return pieces


def _searched(encode: Encode, wish: Wish, most: int) -> tuple[Pieces, int | None]:
    found: tuple[Pieces, int | None] | None = None
    low, high, quality, size = LEAST, BEST, BEST, 0
    while low <= high:
        pieces = encode(replace(wish, quality=quality))
        size = size_of(pieces)
        if size <= most:
            found, low = (pieces, quality), quality + 1
        else:
            high = quality - 1
        quality = (low + high) // 2
    if found is None:
        raise LimitExceeded(
            f"at the least quality the result has {size} bytes, {most} are asked for",
            hint="resize first; of the formats with a quality avif needs the fewest bytes",
        )
    return found
