"""From untrusted bytes to a lazy picture: limits first, then what opens this format."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from safelight.codecs.colour import normalised
from safelight.codecs.libvips import foreign_errors
from safelight.codecs.loading import bare, loaded, upright
from safelight.codecs.reading import short_is_broken
from safelight.codecs.routing import ROUTE_BYTES, part_of, read_header, refusal, route
from safelight.errors import ContainerBroken, FormatUnknown, LimitExceeded
from safelight.formats import TABLE, Format
from safelight.image import Finding, Header, Image
from safelight.limits import Limits

# The resizer must have this much left to do after a shrink on load, or the picture gets coarse.
ROOM_FOR_RESIZE = 2.0


def open_image(data: memoryview, limits: Limits) -> Image:
    """A lazy picture; only the header is read here. However many frames a file has, it can be
    inspected and rewritten: they count when it is decoded.

    Raises FormatUnknown, ContainerBroken, LimitExceeded (bytes, sides, pixels of one frame).
    """
    if len(data) > limits.input_bytes:
        raise LimitExceeded(f"the file has {len(data)} bytes, the limit is {limits.input_bytes}")
    first = bytes(data[:ROUTE_BYTES])
    format = route(first)
    if format is None:
        raise refusal(first)
    header = read_header(data, format)
    check_header(header, limits)
    return Image(
        header=header,
        decoder=VipsDecoder(data, header, limits),
        read_findings=partial(_findings, data, format),
    )


def check_header(header: Header, limits: Limits) -> None:
    """Raise LimitExceeded for a picture of which not even one frame may be decoded."""
    if max(header.width, header.height) > limits.side:
        raise LimitExceeded(
            f"the picture is {header.width}x{header.height}, the limit is {limits.side} a side"
        )
    pixels = header.width * header.height
    if pixels > limits.input_pixels:
        raise LimitExceeded(f"the picture has {pixels} pixels, the limit is {limits.input_pixels}")


def check_frames(header: Header, limits: Limits) -> None:
    """Raise LimitExceeded for an animation, or for pages, that must not be decoded whole."""
    frames = header.frames_opened
    if frames > limits.frames:
        raise LimitExceeded(
            f"the picture has {frames} frames, the limit is {limits.frames}",
            hint="inspect and scrub take it as it is; for more, it needs fewer or smaller frames",
        )
    pixels = header.width * header.height * frames
    if pixels > limits.input_pixels:
        together = f"the {frames} frames have {pixels} pixels together"
        told = together if frames > 1 else f"the picture has {pixels} pixels"
        raise LimitExceeded(
            f"{told}, the limit is {limits.input_pixels}",
            hint="inspect and scrub take it as it is; for more, it needs fewer or smaller frames",
        )


@dataclass(frozen=True)
class VipsDecoder:
    """Opens one container as a libvips picture; damaged or truncated data is refused."""

    data: memoryview
    header: Header
    limits: Limits

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
        check_frames(self.header, self.limits)
        with foreign_errors(f"the {self.header.format} data"):
            options = self._shrink(factor / ROOM_FOR_RESIZE)
            picture = self._load(options)
            if not options:
                self._check_size(picture)
            picture = normalised(bare(picture))
            # Frames are asked for in any order, so they are decoded at once.
            has_frames = picture.get_page_height() < picture.height
            picture = picture.copy_memory() if has_frames else picture
            return upright(picture, self.header.orientation)

    def _load(self, options: dict[str, float]) -> Any:
        loader = TABLE[self.header.format].loader
        if not loader:
            with short_is_broken():
                return part_of(self.header.format, "pixels").opened(self.data, self.header)
        if self.header.frames_opened > 1:
            options = {**options, "n": -1}
        return loaded(self.data, loader, **options)

    def _shrink(self, factor: float) -> dict[str, float]:
        if self.header.format == "jpeg":
            shrink = next((step for step in (8, 4, 2) if factor >= step), 1)
            return {"shrink": shrink} if shrink > 1 else {}
        if self.header.format == "webp" and factor > 1 and self.header.frames == 1:
            return {"scale": 1 / factor}
        return {}

    def _check_size(self, picture: Any) -> None:
        sides = (self.header.width, self.header.height)
        if (picture.width, picture.get_page_height()) != sides:
            raise ContainerBroken("the header and the pixels disagree on the size")


def _findings(data: memoryview, format: Format) -> tuple[Finding, ...]:
    from safelight.codecs.metadata import findings

    return findings(data, format)
