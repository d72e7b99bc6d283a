"""The six savers of libvips and their settings."""

from __future__ import annotations

from typing import Any

from safelight.codecs.colour import PROFILE, is_deep
from safelight.codecs.libvips import libvips
from safelight.errors import LimitExceeded
from safelight.image import Format, Wish

USUAL_QUALITY: dict[Format, int] = {"jpeg": 85, "webp": 80, "avif": 60}
EXIF, XMP = "exif-data", "xmp-data"
SAVERS: dict[Format, str] = {
    "jpeg": "jpegsave_target",
    "png": "pngsave_target",
    "webp": "webpsave_target",
    "gif": "gifsave_target",
    "avif": "heifsave_target",
}
# From this effort on, JPEG goes twice over the picture, which must then be held whole.
OPTIMISED_JPEG = 5
MAX_EFFORT = 9


def save(picture: Any, target: Format, wish: Wish, most_bytes: int) -> list[bytes | memoryview]:
    """The encoded picture in pieces; of metadata it holds what was put on the picture, no more.

    Raises LimitExceeded as soon as the pieces pass most_bytes.
    """
    vips = libvips()
    options = settings(target, wish, is_deep=is_deep(picture))
    options["keep"] = _present(picture)
    if target == "tiff":
        # A TIFF is not written in order, so it cannot be taken piece by piece.
        data: bytes = picture.tiffsave_buffer(**options)
        if len(data) > most_bytes:
            raise _too_many(most_bytes)
        return [data]
    tray = Tray(most_bytes)
    output = vips.TargetCustom()
    output.on_write(tray.take)
    try:
        getattr(picture, SAVERS[target])(output, **options)
    except vips.Error:
        if tray.is_full:
            raise _too_many(most_bytes) from None
        raise
    return tray.pieces


def _present(picture: Any) -> int:
    """The kinds of blocks on the picture. Allowed one without a block, libvips makes it up."""
    kinds = libvips().enums.ForeignKeep
    pairs = ((EXIF, kinds.EXIF), (XMP, kinds.XMP), (PROFILE, kinds.ICC))
    return sum(int(kind) for field, kind in pairs if picture.get_typeof(field) != 0)


class Tray:
    """Collects what the encoder writes, up to a limit."""

    def __init__(self, most_bytes: int) -> None:
        self.pieces: list[bytes | memoryview] = []
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


def _too_many(most_bytes: int) -> LimitExceeded:
    return LimitExceeded(f"the result would pass {most_bytes} bytes")


def _usual(target: Format, least: int) -> int | None:
    usual = USUAL_QUALITY.get(target)
    return None if usual is None else max(usual, least)


def settings(target: Format, wish: Wish, *, is_deep: bool) -> dict[str, Any]:
    """The saver's settings. effort 0..9 is put on each encoder's own scale; the usual is fast."""
    quality, effort = wish.quality or _usual(target, wish.least_quality), wish.effort
    match target:
        case "jpeg":
            # From quality 90 on libvips keeps colour at full size, below that at half.
            return {"Q": quality, "optimize_coding": (effort or 0) >= OPTIMISED_JPEG}
        case "png":
            return {"compression": 2 if effort is None else effort, "filter": "sub"}
        case "webp":
            slow = 2 if effort is None else round(effort * 6 / MAX_EFFORT)
            return {"Q": quality, "lossless": wish.lossless, "effort": slow}
        case "tiff":
            level = 3 if effort is None else max(1, effort)
            return {"compression": "deflate", "predictor": "horizontal", "level": level}
        case "gif":
            return {"effort": 3 if effort is None else effort + 1}
        case "avif":
            slow = 1 if effort is None else effort
            depth = 8 if not is_deep else 12 if wish.lossless else 10
            options = {"Q": quality, "lossless": wish.lossless, "effort": slow, "bitdepth": depth}
            return {**options, "compression": "av1"}
