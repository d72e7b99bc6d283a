"""The pixels of a PNG: a still by libvips; of an animation each frame as a PNG of its own, drawn on
the canvas as the frame's control says.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from safelight.codecs.colour import GREY, RGB, has_alpha, is_deep, normalised
from safelight.codecs.loading import from_array, loaded, with_frames
from safelight.codecs.png import SIGNATURE, Chunk, Layout, chunks, layout_of
from safelight.codecs.png_colour import coloured
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken
from safelight.image import Header

LOADER = "pngload_source"
# What a frame needs beside its size and its data to look as it does in the whole.
LOOKS_OF_FRAMES = frozenset({b"PLTE", b"tRNS"})
PROFILE = b"iCCP"
BACKGROUND, PREVIOUS = 1, 2
OVER = 1
USUAL_PARTS = 100
FULL_MS = 1_000
MAX_DELAY_MS = 2**31 - 1


@dataclass(slots=True)
class Frame:
    """One frame: where it lies on the canvas, how long it is shown, how it is drawn and cleared."""

    width: int
    height: int
    left: int
    top: int
    delay_ms: int
    dispose: int
    blend: int
    data: list[memoryview] = field(default_factory=list)


@dataclass(slots=True)
class Animation:
    """What the chunks of an animated PNG say."""

    layout: Layout
    looks: list[Chunk]
    frames: list[Frame]
    plays: int = 0


def opened(data: memoryview, header: Header) -> Any:
    """A still as a lazy picture; the frames of an animation one below the other, each whole."""
    if header.frames == 1:
        return coloured(loaded(data, LOADER), data)
    animation = read_animation(data)
    del animation.frames[header.frames :]
    first = loaded(_file_of(animation, animation.frames[0], with_profile=True), LOADER)
    shown = list(_shown(animation))
    picture = from_array(_joined(shown), _kind(shown[0]))
    picture = with_frames(
        picture,
        animation.layout.height,
        delays=[frame.delay_ms for frame in animation.frames],
        loop=animation.plays,
    )
    if first.get_typeof("icc-profile-data"):
        kind = first.get_typeof("icc-profile-data")
        picture.set_type(kind, "icc-profile-data", first.get("icc-profile-data"))
    return coloured(picture, data)


def read_animation(data: memoryview) -> Animation:
    """The frames in the order of the file. Raises ContainerBroken for what cannot be drawn."""
    found = chunks(data)
    animation = Animation(layout_of(next(found)), [], [])
    for chunk in found:
        if not chunk.is_sound:
            raise ContainerBroken("the PNG has a damaged chunk")
        if chunk.type == b"acTL":
            animation.plays = min(struct.unpack(">II", chunk.body)[1], MAX_DELAY_MS)
        elif chunk.type == b"fcTL":
            animation.frames.append(_frame(chunk.body, animation.layout))
        elif chunk.type == b"IDAT" and animation.frames:
            animation.frames[0].data.append(chunk.body)
        elif chunk.type == b"fdAT" and animation.frames:
            animation.frames[-1].data.append(part(chunk.body, 4, len(chunk.body) - 4))
        elif chunk.type in LOOKS_OF_FRAMES | {PROFILE}:
            animation.looks.append(chunk)
    if not all(frame.data for frame in animation.frames):
        raise ContainerBroken("the PNG has a frame without pixels")
    return animation


def _frame(body: memoryview, layout: Layout) -> Frame:
    _, width, height, left, top, number, parts, dispose, blend = struct.unpack(">5I2H2B", body)
    if not (width and height) or left + width > layout.width or top + height > layout.height:
        raise ContainerBroken("the PNG has a frame that does not lie on its canvas")
    if dispose > PREVIOUS or blend > OVER:
        raise ContainerBroken("the PNG has a frame that is drawn in no known way")
    delay_ms = round(FULL_MS * number / (parts or USUAL_PARTS))
    return Frame(width, height, left, top, delay_ms, dispose, blend)


def _file_of(animation: Animation, frame: Frame, *, with_profile: bool = False) -> bytes:
    """A PNG of one frame alone."""
    layout = animation.layout
    head = (frame.width, frame.height, layout.bits, layout.colour_type, 0, 0, layout.is_interlaced)
    kept = LOOKS_OF_FRAMES | ({PROFILE} if with_profile else set())
    looks = [bytes(chunk.raw) for chunk in animation.looks if chunk.type in kept]
    pixels = [chunk_of(b"IDAT", body) for body in frame.data]
    header = chunk_of(b"IHDR", struct.pack(">IIBBBBB", *head))
    return b"".join([SIGNATURE, header, *looks, *pixels, chunk_of(b"IEND", b"")])


def chunk_of(type: bytes, body: bytes | memoryview) -> bytes:
    """One chunk with its length and its checksum."""
    check = zlib.crc32(body, zlib.crc32(type))
    return b"".join([struct.pack(">I", len(body)), type, body, struct.pack(">I", check)])


def _pixels_of(animation: Animation, frame: Frame) -> Any:
    """Rows, columns and channels of one frame, alpha last and always there."""
    picture = normalised(loaded(_file_of(animation, frame), LOADER))
    if not has_alpha(picture):
        picture = picture.bandjoin(65_535 if is_deep(picture) else 255)
    return picture.numpy().reshape(picture.height, picture.width, picture.bands)


def _shown(animation: Animation) -> Iterator[Any]:
    """The canvas as it is seen after each frame."""
    import numpy as np

    layout, canvas = animation.layout, None
    for number, frame in enumerate(animation.frames):
        pixels = _pixels_of(animation, frame)
        if canvas is None:
            canvas = np.zeros((layout.height, layout.width, pixels.shape[2]), pixels.dtype)
        before = canvas.copy() if frame.dispose == PREVIOUS else None
        place = np.s_[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
        canvas[place] = _over(pixels, canvas[place]) if frame.blend == OVER else pixels
        yield canvas.copy()
        # Nothing was there before the first frame: to go back to it is to clear it.
        if frame.dispose == BACKGROUND or (frame.dispose == PREVIOUS and number == 0):
            canvas[place] = 0
        elif before is not None:
            canvas = before


def _over(above: Any, below: Any) -> Any:
    """Drawn over what is there, by the alpha of both."""
    import numpy as np

    full = np.iinfo(above.dtype).max
    cover = above[..., -1:].astype(np.float32) / full
    under = below[..., -1:].astype(np.float32) / full * (1 - cover)
    whole = cover + under
    colours = above[..., :-1] * cover + below[..., :-1] * under
    colours = np.divide(colours, whole, out=np.zeros_like(colours), where=whole > 0)
    return np.rint(np.concatenate([colours, whole * full], 2)).astype(above.dtype)


def _joined(shown: list[Any]) -> Any:
    """One below the other; without an alpha channel that hides nothing."""
    import numpy as np

    joined = np.concatenate(shown, 0)
    is_opaque = bool((joined[..., -1] == np.iinfo(joined.dtype).max).all())
    return np.ascontiguousarray(joined[..., :-1]) if is_opaque else joined


def _kind(array: Any) -> str:
    return (GREY if array.shape[2] < 3 else RGB)[array.itemsize - 1]
