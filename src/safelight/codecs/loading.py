"""What every way to open pixels shares: libvips's loaders, bare fields, upright frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safelight.codecs.libvips import libvips
from safelight.codecs.samples import GAMUT, NOTE
from safelight.codecs.values import FIELD
from safelight.image import each_frame

# libvips goes by vips-sequential: without it, threads of a large reduction run ahead.
KEPT_FIELDS = {"icc-profile-data", "vips-sequential", NOTE, GAMUT, FIELD}
KEPT_OF_FRAMES = {"page-height", "n-pages", "delay", "loop"}
BUILT_IN_FIELDS = {
    *("width", "height", "bands", "format", "coding", "interpretation"),
    *("xoffset", "yoffset", "xres", "yres", "filename"),
}


def loaded(data: memoryview | bytes, loader: str, **options: object) -> Any:
    """A lazy picture, read top to bottom; damaged or truncated data is refused when it is met.

    One that cannot be read so is held in memory: a cage has no file to put a large one into.
    """
    vips = libvips()
    source = vips.Source.new_from_memory(data)
    asked = {"access": "sequential", "fail_on": "error", "memory": True, **options}
    picture = getattr(vips.Image, loader)(source, **asked)
    # As pyvips does for the loaders that it finds itself: the bytes must outlive the picture.
    picture._references.append(source)
    return picture


def from_array(array: Any, interpretation: str) -> Any:
    """A picture of a numpy array of rows, columns and channels, 8 or 16 bit."""
    height, width, bands = array.shape
    kind = {1: "uchar", 2: "ushort"}[array.itemsize]
    picture = libvips().Image.new_from_memory(array.tobytes(), width, height, bands, kind)
    return picture.copy(interpretation=interpretation)


def with_frames(
    picture: Any, page_height: int, *, delays: Sequence[int] = (), loop: int | None = None
) -> Any:
    """A picture told to be frames one below the other. delays in milliseconds; loop: how often
    all are shown, 0 without end.
    """
    types = libvips().GValue
    picture = picture.copy()
    picture.set_type(types.gint_type, "page-height", page_height)
    picture.set_type(types.gint_type, "n-pages", picture.height // page_height)
    if delays:
        picture.set_type(types.array_int_type, "delay", list(delays))
    if loop is not None:
        picture.set_type(types.gint_type, "loop", loop)
    return picture


def bare(picture: Any) -> Any:
    """The picture without any field but those that the pipeline needs."""
    has_frames = picture.get_page_height() < picture.height
    kept = BUILT_IN_FIELDS | KEPT_FIELDS | (KEPT_OF_FRAMES if has_frames else set())
    fields = [field for field in picture.get_fields() if field not in kept]
    picture = picture.copy()
    for field in fields:
        picture.remove(field)
    return picture


def upright(picture: Any, orientation: int) -> Any:
    """Turned and mirrored as EXIF defines it, each frame for itself."""
    if orientation == 1:
        return picture
    if orientation == 2:
        return picture.fliphor()
    picture = picture.copy_memory()
    if picture.get_page_height() == picture.height:
        return _turned(picture, orientation)
    return each_frame(picture, lambda frame: _turned(frame, orientation))


def _turned(frame: Any, orientation: int) -> Any:
    match orientation:
        case 3:
            return frame.rot180()
        case 4:
            return frame.flipver()
        case 5:
            return frame.rot90().fliphor()
        case 6:
            return frame.rot90()
        case 7:
            return frame.rot270().fliphor()
        case _:
            return frame.rot270()
