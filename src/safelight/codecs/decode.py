"""From untrusted bytes to a lazy picture: limits first, then one of six loaders by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from safelight.codecs.colour import normalised
from safelight.codecs.libvips import foreign_errors, libvips
from safelight.codecs.routing import ROUTE_BYTES, read_header, route
from safelight.errors import ContainerBroken, FormatUnknown, LimitExceeded
from safelight.formats import ANIMATED, TABLE, Format
from safelight.image import Finding, Header, Image
from safelight.limits import Limits

LOADERS: dict[Format, str] = {
    "jpeg": "jpegload_source",
    "png": "pngload_source",
    "webp": "webpload_source",
    "tiff": "tiffload_source",
    "gif": "gifload_source",
    "avif": "heifload_source",
}
# The resizer must have this much left to do after a shrink on load, or the picture gets coarse.
ROOM_FOR_RESIZE = 2.0
# libvips goes by vips-sequential: without it, threads of a large reduction run ahead.
KEPT_FIELDS = {"icc-profile-data", "vips-sequential"}
KEPT_OF_ANIMATION = {"page-height", "n-pages", "delay", "loop"}
BUILT_IN_FIELDS = {
    *("width", "height", "bands", "format", "coding", "interpretation"),
    *("xoffset", "yoffset", "xres", "yres", "filename"),
}


def open_image(data: memoryview, limits: Limits) -> Image:
    """A lazy picture; only the header is read here.

    Raises FormatUnknown, ContainerBroken, LimitExceeded (bytes, sides, pixels, frames).
    """
    if len(data) > limits.input_bytes:
        raise LimitExceeded(f"the file has {len(data)} bytes, the limit is {limits.input_bytes}")
    format = route(bytes(data[:ROUTE_BYTES]))
    if format is None:
        raise FormatUnknown
    header = read_header(data, format)
    check_header(header, limits)
    return Image(
        header=header,
        decoder=VipsDecoder(data, header),
        read_findings=partial(_findings, data, format),
    )


def check_header(header: Header, limits: Limits) -> None:
    """Raise LimitExceeded for a picture that must not be decoded."""
    if max(header.width, header.height) > limits.side:
        raise LimitExceeded(
            f"the picture is {header.width}x{header.height}, the limit is {limits.side} a side"
        )
    if header.frames > limits.frames:
        raise LimitExceeded(f"the picture has {header.frames} frames, the limit is {limits.frames}")
    pixels = header.width * header.height
    if header.format in ANIMATED:
        pixels *= header.frames
    if pixels > limits.input_pixels:
        raise LimitExceeded(f"the picture has {pixels} pixels, the limit is {limits.input_pixels}")


@dataclass(frozen=True)
class VipsDecoder:
    """Opens one container with libvips, top to bottom; damaged or truncated data is refused."""

    data: memoryview
    header: Header

    def full(self) -> Any:
        """The whole picture, upright, 8 or 16 bit, alpha last; frames one below the other."""
        return self._picture(1.0)

    def at_least(self, width: int, height: int) -> Any:
        """Like full, but no larger than needed for a good reduction to width x height."""
        if self.header.orientation >= 5:
            width, height = height, width
        if self.header.frames > 1:
            return self.full()
        return self._picture(min(self.header.width / width, self.header.height / height))

    def _picture(self, factor: float) -> Any:
        if not TABLE[self.header.format].reads:
            raise FormatUnknown(f"the pixels of {self.header.format} cannot be read here")
        with foreign_errors(f"the {self.header.format} data"):
            options = self._shrink(factor / ROOM_FOR_RESIZE)
            picture = self._load(options)
            if not options:
                self._check_size(picture)
            picture = normalised(_bare(picture))
            # Frames are asked for in any order, so an animation is decoded at once.
            is_animation = picture.get_page_height() < picture.height
            return _upright(picture.copy_memory() if is_animation else picture, self.header)

    def _load(self, options: dict[str, float]) -> Any:
        vips = libvips()
        if self.header.format in ANIMATED and self.header.frames > 1:
            options = {**options, "n": -1}
        source = vips.Source.new_from_memory(self.data)
        loader = getattr(vips.Image, LOADERS[self.header.format])
        picture = loader(source, access="sequential", fail_on="error", **options)
        # As pyvips does for the loaders that it finds itself: the bytes must outlive the picture.
        picture._references.append(source)
        return picture

    def _shrink(self, factor: float) -> dict[str, float]:
        if self.header.format == "jpeg":
            shrink = next((step for step in (8, 4, 2) if factor >= step), 1)
            return {"shrink": shrink} if shrink > 1 else {}
        if self.header.format == "webp" and factor > 1 and self.header.frames == 1:
            return {"scale": 1 / factor}
        return {}

    def _check_size(self, picture: Any) -> None:
        sides = (self.header.width, self.header.height)
        if self.header.format == "avif" and self.header.orientation >= 5:
            sides = sides[::-1]
        if (picture.width, picture.get_page_height()) != sides:
            raise ContainerBroken("the header and the pixels disagree on the size")


def _findings(data: memoryview, format: Format) -> tuple[Finding, ...]:
    from safelight.codecs.metadata import findings

    return findings(data, format)


def _bare(picture: Any) -> Any:
    is_animation = picture.get_page_height() < picture.height
    kept = BUILT_IN_FIELDS | KEPT_FIELDS | (KEPT_OF_ANIMATION if is_animation else set())
    fields = [field for field in picture.get_fields() if field not in kept]
    picture = picture.copy()
    for field in fields:
        picture.remove(field)
    return picture


def _upright(picture: Any, header: Header) -> Any:
    """Turned and mirrored as the header says. The AVIF loader does that by itself."""
    if header.orientation == 1 or header.format == "avif":
        return picture
    if header.orientation == 2:
        return picture.fliphor()
    frames = [_turned(frame, header.orientation) for frame in picture.copy_memory().pagesplit()]
    return frames[0] if len(frames) == 1 else frames[0].pagejoin(frames[1:])


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
