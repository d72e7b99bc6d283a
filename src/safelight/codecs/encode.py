"""From a lazy picture to bytes: rewritten without decoding where possible, else by libvips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from safelight.codecs import icc
from safelight.codecs.colour import PROFILE, fitted, in_depth, is_deep, speaks_of
from safelight.codecs.decode import open_image
from safelight.codecs.fitting import encoded_within
from safelight.codecs.libvips import foreign_errors, libvips
from safelight.codecs.losses import losses, lost_frames, lost_to_a_table
from safelight.codecs.policy import policy_of
from safelight.codecs.samples import GAMUT, NOTE
from safelight.codecs.savers import EXIF, XMP, sample_bits, save
from safelight.codecs.scrub import (
    Kept,
    Pieces,
    completed,
    found_again,
    kept,
    rewrite,
    size_of,
)
from safelight.codecs.values import as_shown
from safelight.errors import LimitExceeded
from safelight.formats import TABLE, Format, holds_frames_of, keeps_pixels
from safelight.image import Change, Finding, Image, Risk, Wish
from safelight.limits import Limits

# As a profile is named among the findings.
PROFILE_NAME = "ICC_Profile"
TIMING = ("page-height", "n-pages", "delay", "loop")


@dataclass(frozen=True)
class Encoded:
    """The result in pieces, to be written one after the other. width, height as displayed; quality
    where one was searched for.
    """

    pieces: list[bytes | memoryview]
    format: Format
    width: int
    height: int
    is_reencoded: bool
    changes: tuple[Change, ...]
    quality: int | None = None


def encode(image: Image, data: memoryview, limits: Limits) -> Encoded:
    """Carry out the picture's wish. data is the container that it came from.

    Raises LimitExceeded for a result that is too large, ContainerBroken for pixels that cannot be
    decoded, MemoryExceeded, and whatever an operation had trouble with.
    """
    target = image.wish.format or image.header.format
    if _is_rewrite(image, target):
        pieces, changes = rewrite(data, target, image.wish)
        if size_of(pieces) > limits.output_bytes:
            raise LimitExceeded(f"the result would pass {limits.output_bytes} bytes")
        if image.wish.to_bytes is None or size_of(pieces) <= image.wish.to_bytes:
            return Encoded(pieces, target, image.width, image.height, False, changes)
    _check_size(image, target, limits)
    whole = (image.width, image.height) if _is_whole(image) else None
    blocks = kept(data, (image.header.format, target), image.wish, whole=whole)
    frames = _frames(image, target)
    with foreign_errors("the picture", image.trouble):
        before = image.vips
        picture, blocks = _ready(before, image, blocks, (target, frames))
        bits = sample_bits(target, image.wish, is_deep=is_deep(picture))
        lost = losses(before, picture, bits=bits, background=image.wish.background)
        most_colours = TABLE[target].most_colours
        if image.wish.to_bytes is not None or most_colours is not None:
            picture = picture.copy_memory()
        if most_colours is not None:
            lost += lost_to_a_table(picture, most_colours)

        def encode_as(wish: Wish) -> Pieces:
            return completed(save(picture, target, wish, limits.output_bytes), target, blocks)

        pieces, quality = encoded_within(encode_as, image.wish, target)
    _recheck(image, target, pieces, limits)
    changes = found_again(blocks.changes, pieces, target) + lost + lost_frames(image.header, frames)
    return Encoded(pieces, target, image.width, image.height, True, changes, quality)


def _recheck(image: Image, target: Format, pieces: Pieces, limits: Limits) -> None:
    """Decode a result in which every pixel was kept, and let the last operation look at it."""
    if image.recheck is not None and keeps_pixels(target, lossless=image.wish.lossless):
        large = replace(limits, input_bytes=limits.output_bytes, input_pixels=limits.output_pixels)
        with foreign_errors("the result"):
            image.recheck(open_image(memoryview(b"".join(pieces)), large))


def _is_whole(image: Image) -> bool:
    """True if what lies beside the pixels still fits them: they were not even turned."""
    return image.is_whole and image.header.orientation == 1


def _is_rewrite(image: Image, target: Format) -> bool:
    is_same = image.is_untouched and target == image.header.format
    return is_same and image.wish.is_plain and TABLE[target].scrubs


def _frames(image: Image, target: Format) -> int:
    return image.frames if holds_frames_of(target, image.header.format) else 1


def _check_size(image: Image, target: Format, limits: Limits) -> None:
    pixels = image.width * image.height * _frames(image, target)
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
    most = TABLE[target].largest_side
    if max(image.width, image.height) > most:
        raise LimitExceeded(
            f"{target} holds {most} pixels a side, the result has {image.width}x{image.height}",
            hint="convert to png or tiff, or resize first",
        )


def _ready(
    picture: Any, image: Image, blocks: Kept, wanted: tuple[Format, int]
) -> tuple[Any, Kept]:
    """The picture as the wanted format can carry so many frames of it, with exactly the blocks that
    go with it.
    """
    target, frames = wanted
    if frames == 1 and image.frames > 1:
        picture = picture.crop(0, 0, image.width, image.height)
    if "values" not in TABLE[target].stores:
        picture = as_shown(picture)
    blocks = _with_its_profile(picture, blocks, target, image.wish)
    picture = fitted(
        picture,
        target,
        keeps_profile=blocks.icc is not None,
        background=image.wish.background,
    )
    held = TABLE[target].depth_of_frames if frames > 1 else None
    picture = in_depth(picture, held or image.wish.depth)
    if blocks.icc is not None and (
        not speaks_of(blocks.icc, picture) or _has_left_its_profile(image)
    ):
        blocks = _without_profile(blocks)
    picture = picture.copy()
    for field in (PROFILE, EXIF, XMP, NOTE, GAMUT, *(TIMING if frames == 1 else ())):
        if picture.get_typeof(field) != 0:
            picture.remove(field)
    for field, block in ((PROFILE, blocks.icc), (EXIF, blocks.exif), (XMP, blocks.xmp)):
        if block is not None:
            picture.set_type(libvips().GValue.blob_type, field, block)
    return picture, blocks


def _with_its_profile(picture: Any, blocks: Kept, target: Format, wish: Wish) -> Kept:
    """With the profile that is on the pixels, where it is none of the file's own: its colours are
    said in another way there, and not every format has one.
    """
    if not picture.get_typeof(PROFILE):
        return blocks
    found, policy = bytes(picture.get(PROFILE)), policy_of(wish)
    is_own = blocks.profile is not None and found == bytes(blocks.profile)
    if is_own or "icc" not in TABLE[target].keeps or not policy.keeps(Risk.COLOUR):
        return blocks
    clean = icc.clean(found, standard=policy.standard_colour)
    blocks = _without_profile(blocks)
    if clean is None:
        return blocks
    added = Change("added", Finding(Risk.COLOUR, PROFILE_NAME, icc.description(clean)))
    return replace(blocks, icc=clean, changes=(*blocks.changes, added))


def _has_left_its_profile(image: Image) -> bool:
    """True if an operation brought the pixels into sRGB: they lost the profile they came with."""
    if image.is_untouched or image.pixels.get_typeof(PROFILE) != 0:
        return False
    return bool(image.decoder.full().get_typeof(PROFILE) != 0)


def _without_profile(blocks: Kept) -> Kept:
    """The pixels have left the profile's colour space, so it must not go with them."""
    changes = tuple(
        replace(change, what="removed")
        if change.what == "kept" and change.finding.group == Risk.COLOUR
        else change
        for change in blocks.changes
        if not (change.what == "added" and change.finding.name == PROFILE_NAME)
    )
    return replace(blocks, icc=None, changes=changes)
