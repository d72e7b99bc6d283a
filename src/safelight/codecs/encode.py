"""From a lazy picture to bytes: rewritten without decoding where possible, else encoded by libvips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from safelight.codecs.colour import fitted, is_deep
from safelight.codecs.libvips import foreign_errors, libvips
from safelight.errors import LimitExceeded
from safelight.image import ANIMATED, Change, Finding, Format, Image, Risk, Wish
from safelight.limits import Limits

HAS_WALKER: tuple[Format, ...] = ("jpeg", "png", "webp")
LARGEST_SIDE: dict[Format, int] = {
    "jpeg": 65_500,
    "png": 1_000_000,
    "webp": 16_383,
    "tiff": 1_000_000,
    "gif": 65_535,
    "avif": 16_384,
}
USUAL_QUALITY: dict[Format, int] = {"jpeg": 85, "webp": 80, "avif": 60}
BLOBS = {"icc": "icc-profile-data", "exif": "exif-data", "xmp": "xmp-data"}


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

    Raises LimitExceeded for a result that is too large, ContainerBroken for pixels that cannot be decoded,
    MemoryExceeded, and whatever an operation had trouble with.
    """
    target = image.wish.format or image.header.format
    _check_size(image, target, limits)
    if _is_rewrite(image, target):
        from safelight.codecs.scrub import rewrite

        pieces, changes = rewrite(data, target, image.wish)
        _check_bytes(sum(map(len, pieces)), limits)
        return Encoded(pieces, target, image.width, image.height, False, changes)
    return _reencoded(image, data, target, limits)


def _is_rewrite(image: Image, target: Format) -> bool:
    wish = image.wish
    plain = wish.quality is None and wish.effort is None and not wish.lossless
    return image.is_untouched and plain and target == image.header.format and target in HAS_WALKER


def _check_size(image: Image, target: Format, limits: Limits) -> None:
    pixels = image.width * image.height * (image.frames if target in ANIMATED else 1)
    if pixels > limits.output_pixels:
        raise LimitExceeded(
            f"the result would have {pixels} pixels, the limit is {limits.output_pixels}"
        )
    largest = LARGEST_SIDE[target]
    if max(image.width, image.height) > largest:
        raise LimitExceeded(
            f"{target} holds at most {largest} pixels a side, the result has {image.width}x{image.height}",
            hint="convert to png or tiff, or resize first",
        )


def _check_bytes(size: int, limits: Limits) -> None:
    if size > limits.output_bytes:
        raise LimitExceeded(f"the result would pass {limits.output_bytes} bytes")


def _reencoded(image: Image, data: memoryview, target: Format, limits: Limits) -> Encoded:
    from safelight.codecs.scrub import kept

    kept_blocks = kept(data, image.header.format, image.wish, target)
    frames = image.frames if target in ANIMATED else 1
    with foreign_errors("the picture", image.trouble):
        picture = image.vips
        if frames == 1 and image.frames > 1:
            picture = picture.crop(0, 0, image.width, image.height)
        picture = fitted(
            picture,
            target,
            keeps_profile=kept_blocks.icc is not None,
            background=image.wish.background,
        )
        blobs = {"icc": kept_blocks.icc, "exif": kept_blocks.exif, "xmp": kept_blocks.xmp}
        pieces = _save(_with_blobs(picture, blobs, frames), target, image.wish, limits)
    changes = kept_blocks.changes + _lost_frames(image, frames)
    return Encoded(pieces, target, image.width, image.height, True, changes)


def _lost_frames(image: Image, frames: int) -> tuple[Change, ...]:
    """A multi-page TIFF or an animation became its first picture: that must be told."""
    if image.header.frames <= 1 or frames > 1:
        return ()
    name = f"{image.header.frames - 1} further frames"
    return (Change("removed", Finding(Risk.OTHER, name)),)


def _with_blobs(picture: Any, blobs: dict[str, bytes | None], frames: int) -> Any:
    """The picture with exactly these blocks of metadata, and its timing if it is an animation."""
    blob_type = libvips().GValue.blob_type
    timing = {"page-height", "n-pages", "delay", "loop"} if frames > 1 else set()
    stale = [
        field
        for field in picture.get_fields()
        if field in (*BLOBS.values(), "page-height", "n-pages", "delay", "loop")
        and field not in timing
    ]
    picture = picture.copy()
    for field in stale:
        picture.remove(field)
    for kind, field in BLOBS.items():
        blob = blobs[kind]
        if blob is not None:
            picture.set_type(blob_type, field, blob)
    return picture


def _save(picture: Any, target: Format, wish: Wish, limits: Limits) -> list[bytes | memoryview]:
    keep = "exif:xmp:icc"
    options = {**_options(picture, target, wish), "keep": keep}
    if target == "tiff":
        data: bytes = picture.tiffsave_buffer(**options)
        _check_bytes(len(data), limits)
        return [data]
    pieces: list[bytes | memoryview] = []
    room = [limits.output_bytes]

    def write(chunk: Any) -> int:
        room[0] -= len(chunk)
        if room[0] < 0:
            return 0
        pieces.append(bytes(chunk))
        return len(chunk)

    output = libvips().TargetCustom()
    output.on_write(write)
    saver = {"avif": "heif"}.get(target, target)
    try:
        getattr(picture, f"{saver}save_target")(output, **options)
    except libvips().Error:
        _check_bytes(limits.output_bytes - room[0], limits)
        raise
    return pieces


def _options(picture: Any, target: Format, wish: Wish) -> dict[str, Any]:
    """The saver's settings. effort 0..9 is mapped to each encoder's own scale; the usual one is a fast one."""
    quality = wish.quality or USUAL_QUALITY.get(target)
    effort = wish.effort
    match target:
        case "jpeg":
            return {"Q": quality, "optimize_coding": (effort or 0) >= 5}
        case "png":
            return {"compression": 2 if effort is None else effort, "filter": "sub"}
        case "webp":
            slow = 2 if effort is None else round(effort * 6 / 9)
            return {"Q": quality, "lossless": wish.lossless, "effort": slow}
        case "tiff":
            return {"compression": "deflate", "predictor": "horizontal"}
        case "gif":
            return {"effort": 3 if effort is None else effort + 1}
        case _:
            options: dict[str, Any] = {
                "Q": quality,
                "lossless": wish.lossless,
                "compression": "av1",
            }
            options["effort"] = 1 if effort is None else effort
            if is_deep(picture):
                options["bitdepth"] = 12 if wish.lossless else 10
            return options
