"""libvips's savers and their settings; what no saver does alone, NAME_save.py does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from safelight.codecs.colour import PROFILE, is_deep
from safelight.codecs.libvips import libvips
from safelight.codecs.routing import part_of
from safelight.errors import FormatUnknown, LimitExceeded, ParameterInvalid
from safelight.formats import TABLE, Format
from safelight.image import Wish

USUAL_QUALITY: dict[Format, int] = {"jpeg": 85, "webp": 80, "avif": 60}
EXIF, XMP = "exif-data", "xmp-data"
Pieces = list[bytes | memoryview]
# From this effort on, JPEG goes twice over the picture, which must then be held whole.
OPTIMISED_JPEG = 5
MAX_EFFORT = 9


def save(picture: Any, target: Format, wish: Wish, most_bytes: int) -> Pieces:
    """The encoded picture in pieces; of metadata it holds what was put on the picture, no more.

    Raises LimitExceeded as soon as the pieces pass most_bytes, FormatUnknown for what is not
    written.
    """
    facts = TABLE[target]
    if not facts.writes:
        raise FormatUnknown(f"{target} cannot be written")
    _check(wish, target)
    if not facts.saver:
        pieces: Pieces = part_of(target, "save").saved(picture, wish, most_bytes)
        return pieces
    return written(
        picture, facts.saver, settings(target, wish, is_deep=is_deep(picture)), most_bytes
    )


def _check(wish: Wish, target: Format) -> None:
    """Raise ParameterInvalid for a wish that the format has no place for."""
    facts = TABLE[target]
    if wish.progressive and "progressive" not in facts.asks:
        raise ParameterInvalid(f"progressive is for jpeg and png, the result is {target}")
    if wish.chroma is not None and "chroma" not in facts.asks:
        raise ParameterInvalid(f"chroma is for jpeg and avif, the result is {target}")
    if wish.depth is not None and wish.depth not in facts.depths:
        raise ParameterInvalid(f"{target} cannot be written with {wish.depth} bits a sample")


def written(picture: Any, saver: str, options: dict[str, Any], most_bytes: int) -> Pieces:
    """What a saver of libvips writes to a target. Raises LimitExceeded."""
    tray = Tray(most_bytes)
    output = libvips().TargetCustom()
    output.on_write(tray.take)
    try:
        getattr(picture, saver)(output, **options, keep=present(picture))
    except libvips().Error:
        if tray.is_full:
            raise too_many(most_bytes) from None
        raise
    return tray.pieces


def gathered(made: Iterable[bytes], most_bytes: int) -> Pieces:
    """The pieces of a file as they are made. Raises LimitExceeded as soon as they are too many."""
    tray = Tray(most_bytes)
    for piece in made:
        if tray.take(piece) < len(piece):
            raise too_many(most_bytes)
    return tray.pieces


def present(picture: Any) -> int:
    """The kinds of blocks on the picture. Allowed one without a block, libvips makes it up."""
    kinds = libvips().enums.ForeignKeep
    pairs = ((EXIF, kinds.EXIF), (XMP, kinds.XMP), (PROFILE, kinds.ICC))
    return sum(int(kind) for field, kind in pairs if picture.get_typeof(field) != 0)


class Tray:
    """Collects what the encoder writes, up to a limit."""

    def __init__(self, most_bytes: int) -> None:
        self.pieces: Pieces = []
        self.is_full = False
        self._room = most_bytes

    def take(self, chunk: Any) -> int:
        """How many bytes were taken; fewer than given stops the encoder."""
        self._room -= len(chunk)
        if self._room < 0:
            self.is_full = True
            return 0
        self.pieces.append(bytes(chunk))
        return len(chunk)


def too_many(most_bytes: int) -> LimitExceeded:
    return LimitExceeded(f"the result would pass {most_bytes} bytes")


def sample_bits(target: Format, wish: Wish, *, is_deep: bool) -> int:
    """How many bits a sample gets: 8, or what the format makes of 16."""
    if not is_deep:
        return 8
    if target == "avif":
        return wish.depth or (12 if wish.lossless else 10)
    return 16


def _usual(target: Format, least: int) -> int | None:
    usual = USUAL_QUALITY.get(target)
    return None if usual is None else max(usual, least)


def settings(target: Format, wish: Wish, *, is_deep: bool) -> dict[str, Any]:
    """The saver's settings. effort 0..9 is put on each encoder's own scale; the usual is fast."""
    quality, effort = wish.quality or _usual(target, wish.least_quality), wish.effort
    match target:
        case "jpeg":
            # From quality 90 on libvips keeps colour at full size, below that at half.
            options = {"Q": quality, "optimize_coding": (effort or 0) >= OPTIMISED_JPEG}
            return {**options, "interlace": wish.progressive, **_chroma(wish)}
        case "png":
            level = 2 if effort is None else effort
            return {"compression": level, "filter": "sub", "interlace": wish.progressive}
        case "webp":
            slow = 2 if effort is None else round(effort * 6 / MAX_EFFORT)
            return {"Q": quality, "lossless": wish.lossless, "effort": slow}
        case "tiff":
            level = 3 if effort is None else max(1, effort)
            return {"compression": "deflate", "predictor": "horizontal", "level": level}
        case "gif":
            # Frames that equal the one before are frames all the same: they have their times.
            slow = 3 if effort is None else effort + 1
            return {"effort": slow, "keep_duplicate_frames": True}
        case "avif":
            slow = 1 if effort is None else effort
            depth = sample_bits(target, wish, is_deep=is_deep)
            options = {"Q": quality, "lossless": wish.lossless, "effort": slow, "bitdepth": depth}
            return {**options, "compression": "av1", **_chroma(wish)}
        case _:
            raise FormatUnknown(f"{target} cannot be written")


def _chroma(wish: Wish) -> dict[str, str]:
    modes = {None: {}, "4:2:0": {"subsample_mode": "on"}, "4:4:4": {"subsample_mode": "off"}}
    return modes[wish.chroma]
