"""Scrubbing: the container rewritten around its untouched pixels, or clean blocks for a new
encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module

from safelight.codecs import became, carry
from safelight.codecs.blocks import Aside, Carried
from safelight.codecs.crossing import is_crossing
from safelight.codecs.crossing_ends import blocks as crossed_blocks
from safelight.codecs.gain_map_fit import fitted
from safelight.codecs.metadata import blocks_of, read_blocks
from safelight.codecs.policy import policy_of
from safelight.codecs.reading import short_is_broken
from safelight.errors import FormatUnknown, InputRefused
from safelight.formats import TABLE, Format
from safelight.image import Change, Finding, Risk, Wish

Pieces = list[bytes | memoryview]
# What an encoder may say by itself: resolution, sizes, versions.
SAID_AGAIN = frozenset({Risk.COLOUR, Risk.ORIENTATION, Risk.SETTINGS})


@dataclass(frozen=True, slots=True)
class Kept:
    """Clean blocks for an encoder: a profile, a TIFF structure without head, an XMP packet; further
    pictures that belong to the pixels; and what became of all. profile is the file's own, as found.
    """

    icc: bytes | None
    exif: bytes | None
    xmp: bytes | None
    changes: tuple[Change, ...]
    pictures: tuple[Aside, ...] = ()
    profile: memoryview | None = None


def rewrite(data: memoryview, format: Format, wish: Wish) -> tuple[Pieces, tuple[Change, ...]]:
    """The same picture in the same coding, in a container built anew: what is not on the allow-list
    is gone.

    Pieces are slices of the input where they can be. Raises ContainerBroken when the container
    cannot be walked to its end, FormatUnknown for a format without a walker.
    """
    if not TABLE[format].scrubs:
        raise FormatUnknown(f"{format} cannot be rewritten without decoding it")
    policy = policy_of(wish)
    with short_is_broken():
        walked = import_module(f"safelight.codecs.{format}").walk(data)
    known = read_blocks(blocks_of(data, format, walked))
    if policy.keeps_all:
        return [data], tuple(Change("kept", finding) for finding in dict.fromkeys(known.findings))
    carried = carry.carry(carry.for_rewriter(known, format), policy, upright=False)
    module = import_module(f"safelight.codecs.{format}_clean")
    with short_is_broken():
        pieces: Pieces = module.rewritten(walked, carried)
    stays: list[Finding] = module.stays(walked) if hasattr(module, "stays") else []
    return pieces, became.changes(
        known, _said_by(carried, pieces, format), upright=False, stays=stays
    )


def _said_by(carried: Carried, pieces: Pieces, format: Format) -> list[Finding]:
    """What the output says. With further pictures it is read as a whole: a rewriter may find that
    it cannot keep one after all, and builds anew what announces it.
    """
    if not carried.pictures:
        return became.said_by(carried)
    return read_blocks(blocks_of(memoryview(b"".join(pieces)), format)).findings


def kept(
    data: memoryview, formats: tuple[Format, Format], wish: Wish, *, whole: tuple[int, int] | None
) -> Kept:
    """What a new encoding takes along under the same policy; formats are the input's and its own.

    Pixels are upright then, so orientation is not kept. whole is the size of a picture that shows
    what the input shows, as the input lies; None for any other.
    """
    source_format, target_format = formats
    crossed = is_crossing(data)
    known = read_blocks(crossed_blocks(data) if crossed else blocks_of(data, source_format))
    known = carry.for_encoder(known, target_format)
    carried = carry.carry(known, policy_of(wish), upright=True)
    pictures = _gain_maps(carried, whole) if source_format == target_format else ()
    carried = replace(carry.for_format(carried, target_format), pictures=pictures)
    told = became.changes(known, became.said_by(carried), upright=True)
    return Kept(carried.icc, carried.exif, carried.xmp, told, pictures, known.icc)


def _gain_maps(carried: Carried, whole: tuple[int, int] | None) -> tuple[Aside, ...]:
    """Those that go beside a picture of this size."""
    found = []
    for aside in carried.pictures if whole is not None else ():
        # One that cannot be read is no reason to refuse the picture: it stays behind.
        with suppress(InputRefused), short_is_broken():
            one = fitted(aside, whole) if whole else None
            found += [one] if one is not None else []
    return tuple(found)


def completed(pieces: Pieces, format: Format, blocks: Kept) -> Pieces:
    """What an encoder gave, with what only our own rewriter puts in."""
    needs_rewriter = blocks.xmp is not None and TABLE[format].mark == "rewriter"
    if not needs_rewriter and not blocks.pictures:
        return pieces
    walked = import_module(f"safelight.codecs.{format}").walk(memoryview(b"".join(pieces)))
    module = import_module(f"safelight.codecs.{format}_clean")
    carried = Carried(blocks.icc, blocks.exif, blocks.xmp, pictures=blocks.pictures)
    made: Pieces = module.rewritten(walked, carried)
    return made


def found_again(changes: tuple[Change, ...], pieces: Pieces, format: Format) -> tuple[Change, ...]:
    """The same list, where what an encoder wrote by itself is not called removed: it knows the
    resolution, and says it again.
    """
    gone = {
        change
        for change in changes
        if change.what == "removed" and change.finding.group in SAID_AGAIN
    }
    if not gone:
        return changes
    data = memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))
    there = frozenset(read_blocks(blocks_of(data, format)).findings)
    return tuple(
        Change("kept", change.finding) if change in gone and change.finding in there else change
        for change in changes
    )


def size_of(pieces: Sequence[bytes | memoryview]) -> int:
    """How many bytes the pieces hold together."""
    return sum(len(piece) for piece in pieces)
