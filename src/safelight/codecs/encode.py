"""From a lazy picture to bytes: rewritten without decoding where possible, else by libvips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from safelight.codecs.colour import PROFILE, fitted, speaks_of
from safelight.codecs.formats import can_rewrite
from safelight.codecs.libvips import foreign_errors, libvips
from safelight.codecs.savers import EXIF, XMP, save
from safelight.codecs.scrub import Kept, kept, rewrite, size_of
from safelight.errors import LimitExceeded
from safelight.image import ANIMATED, Change, Finding, Format, Image, Risk
from safelight.limits import Limits

LARGEST_SIDE: dict[Format, int] = {
    "jpeg": 65_500,
    "png": 1_000_000,
    "webp": 16_383,
    "tiff": 1_000_000,
    "gif": 65_535,
    "avif": 16_384,
}
TIMING = ("page-height", "n-pages", "delay", "loop")


@dataclass(frozen=True)
class Encoded:
    """The result in pieces, to be written one after the other. width, height as displayed."""

    pieces: list[bytes | memoryview]
    format: Format
    width: int
    height: int
    is_reencoded: bool
    changes: tuple[Change, ...]


def encode(image: Image, data: memoryview, limits: Limits) -> Encoded:
    """Carry out the picture's wish. data is the container that it came from.

    Raises LimitExceeded for a result that is too large, ContainerBroken for pixels that cannot be
    decoded, MemoryExceeded, and whatever an operation had trouble with.
    """
    target = image.wish.format or image.header.format
    _check_size(image, target, limits)
    if _is_rewrite(image, target):
        pieces, changes = rewrite(data, target, image.wish)
        if size_of(pieces) > limits.output_bytes:
            raise LimitExceeded(f"the result would pass {limits.output_bytes} bytes")
        return Encoded(pieces, target, image.width, image.height, False, changes)
    blocks = kept(data, image.header.format, image.wish, target)
    frames = image.frames if target in ANIMATED else 1
    with foreign_errors("the picture", image.trouble):
        picture, blocks = _ready(image, target, blocks, frames)
        pieces = save(picture, target, image.wish, limits.output_bytes)
    changes = blocks.changes + _lost_frames(image, frames)
    return Encoded(pieces, target, image.width, image.height, True, changes)


def _is_rewrite(image: Image, target: Format) -> bool:
    wish = image.wish
    is_plain = wish.quality is None and wish.effort is None and not wish.lossless
    is_same = image.is_untouched and target == image.header.format
    return is_same and is_plain and can_rewrite(target)


def _check_size(image: Image, target: Format, limits: Limits) -> None:
    pixels = image.width * image.height * (image.frames if target in ANIMATED else 1)
    if pixels > limits.output_pixels:
        raise LimitExceeded(
            f"the result would have {pixels} pixels, the limit is {limits.output_pixels}"
        )
    if max(image.width, image.height) > limits.side:
        raise LimitExceeded(
            f"a side of the result would have {max(image.width, image.height)} pixels, the limit"
            f" is {limits.side}",
            hint="no picture with longer sides is read either: resize, or crop, first",
        )
    if max(image.width, image.height) > LARGEST_SIDE[target]:
        raise LimitExceeded(
            f"{target} holds {LARGEST_SIDE[target]} pixels a side,"
            f" the result has {image.width}x{image.height}",
            hint="convert to png or tiff, or resize first",
        )


def _ready(image: Image, target: Format, blocks: Kept, frames: int) -> tuple[Any, Kept]:
    """The picture as the format can carry it, with exactly the blocks that go with it."""
    picture = image.vips
    if frames == 1 and image.frames > 1:
        picture = picture.crop(0, 0, image.width, image.height)
    picture = fitted(
        picture,
        target,
        keeps_profile=blocks.icc is not None,
        background=image.wish.background,
    )
    if blocks.icc is not None and not speaks_of(blocks.icc, picture):
        blocks = _without_profile(blocks)
    picture = picture.copy()
    for field in (PROFILE, EXIF, XMP, *(TIMING if frames == 1 else ())):
        if picture.get_typeof(field) != 0:
            picture.remove(field)
    for field, block in ((PROFILE, blocks.icc), (EXIF, blocks.exif), (XMP, blocks.xmp)):
        if block is not None:
            picture.set_type(libvips().GValue.blob_type, field, block)
    return picture, blocks


def _without_profile(blocks: Kept) -> Kept:
    """The pixels have left the profile's colour space, so it must not go with them."""
    changes = tuple(
        replace(change, what="removed")
        if change.what == "kept" and change.finding.group == Risk.COLOUR
        else change
        for change in blocks.changes
    )
    return replace(blocks, icc=None, changes=changes)


def _lost_frames(image: Image, frames: int) -> tuple[Change, ...]:
    """A multi-page TIFF or an animation became its first picture: that must be told."""
    if image.header.frames <= 1 or frames > 1:
        return ()
    return (Change("removed", Finding(Risk.OTHER, f"{image.header.frames - 1} further frames")),)
