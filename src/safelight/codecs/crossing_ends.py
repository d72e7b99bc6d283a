"""Both ends of a crossing: pixels leave the first cage, and become a picture in the second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from safelight.codecs.blocks import Block
from safelight.codecs.colour import has_alpha, is_deep, to_standard
from safelight.codecs.crossing import (
    HEAD,
    HEAD_BYTES,
    MAX_DELAY_MS,
    MAX_REPEATS,
    Head,
)
from safelight.codecs.libvips import foreign_errors, libvips
from safelight.codecs.losses import losses, lost_frames
from safelight.codecs.metadata import blocks_of, read_blocks
from safelight.codecs.origin import SCHEME, TERMS
from safelight.codecs.values import FIELD, as_shown
from safelight.codecs.xmp import build_xmp, origin_mark
from safelight.errors import ContainerBroken, LimitExceeded
from safelight.image import Change, Header, Image, Risk
from safelight.limits import Limits

KINDS = {(1, 8): "b-w", (1, 16): "grey16", (3, 8): "srgb", (3, 16): "rgb16"}


def sent(
    image: Image, data: memoryview, limits: Limits
) -> tuple[list[bytes | memoryview], tuple[Change, ...]]:
    """In the first cage: head and samples of a picture, and what of its metadata stays behind.

    Raises LimitExceeded, ContainerBroken and whatever a decoder refuses.
    """
    known = read_blocks(blocks_of(data, image.header.format))
    with foreign_errors("the picture", image.trouble):
        before = image.vips
        # What a scanner's numbers stand for does not cross: they cross as they are shown.
        picture = to_standard(as_shown(before))
        head = Head(
            format=image.header.format,
            bands=picture.bands,
            bits=16 if is_deep(picture) else 8,
            mark=_mark_number(known.mark),
            width=image.width,
            height=image.height,
            frames=image.frames,
            repeats=_repeats(picture) if image.frames > 1 else 0,
            delays=_delays(picture, image.frames),
        )
        if head.size_bytes > limits.output_bytes:
            raise LimitExceeded(
                f"the pixels take {head.size_bytes} bytes, {limits.output_bytes} may cross"
            )
        lost = losses(before, _bare(picture), bits=head.bits, background=image.wish.background)
        samples = memoryview(picture.write_to_memory())
    behind = tuple(
        Change("removed", finding)
        for finding in dict.fromkeys(known.findings)
        if not (head.mark and finding.group == Risk.PROVENANCE and known.mark in finding.value)
    )
    return [head.pack(), samples], (*behind, *lost, *lost_frames(image.header, head.frames))


def _bare(picture: Any) -> Any:
    picture = picture.copy()
    if picture.get_typeof(FIELD):
        picture.remove(FIELD)
    return picture


def received(data: memoryview, limits: Limits) -> Image:
    """In the second cage: the picture, as if it had been opened. Raises ContainerBroken."""
    try:
        head = Head.parse(data, limits)
    except ValueError as error:
        raise ContainerBroken("what crossed from the first cage is no picture") from error
    pixels = libvips().Image.new_from_memory(
        data[head.start :],
        head.width,
        head.height * head.frames,
        head.bands,
        "ushort" if head.bits == 16 else "uchar",
    )
    colours = 3 if head.bands >= 3 else 1
    pixels = pixels.copy(interpretation=KINDS[colours, head.bits])
    if head.frames > 1:
        _set_timing(pixels, head)
    header = Header(
        format=head.format,
        width=head.width,
        height=head.height,
        frames=head.frames,
        bits=head.bits,
        bands=head.bands,
        has_alpha=has_alpha(pixels),
        colour="rgb" if head.bands >= 3 else "grey",
    )
    return Image(header, Held(pixels), pixels=pixels)


@dataclass(frozen=True)
class Held:
    """A decoder of pixels that are there already."""

    pixels: Any

    def full(self) -> Any:
        return self.pixels

    def at_least(self, _width: int, _height: int) -> Any:
        return self.pixels


def blocks(data: memoryview) -> Iterator[Block]:
    """The metadata that crosses: the mark of its origin, if it has one."""
    mark = HEAD.unpack(data[:HEAD_BYTES])[4]
    if mark:
        packet = build_xmp([origin_mark(SCHEME + TERMS[mark - 1])])
        yield Block("xmp", "XMP", memoryview(packet or b""))


def _mark_number(address: str) -> int:
    term = address.removeprefix(SCHEME)
    return TERMS.index(term) + 1 if term in TERMS else 0


def _repeats(picture: Any) -> int:
    loop = picture.get("loop") if picture.get_typeof("loop") != 0 else 0
    return min(max(int(loop), 0), MAX_REPEATS)


def _delays(picture: Any, frames: int) -> tuple[int, ...]:
    if frames == 1 or picture.get_typeof("delay") == 0:
        return ()
    delays = [min(max(int(delay), 0), MAX_DELAY_MS) for delay in picture.get("delay")]
    return tuple([*delays, *[0] * frames][:frames])


def _set_timing(pixels: Any, head: Head) -> None:
    kinds = libvips().GValue
    pixels.set_type(kinds.gint_type, "page-height", head.height)
    pixels.set_type(kinds.gint_type, "n-pages", head.frames)
    if any(head.delays):
        pixels.set_type(kinds.array_int_type, "delay", list(head.delays))
        pixels.set_type(kinds.gint_type, "loop", head.repeats)
