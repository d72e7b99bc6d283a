"""PNG rewritten: critical chunks, the allow-list of ancillary ones, animation; and the clean
blocks.

The compressed pixels are run through the inflater (nothing is kept of what comes out) to find where
their stream ends: what lies behind it in the chunks is cut off, and a stream that holds more rows
than the picture has is packed anew without them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.blocks import Carried
from safelight.codecs.png import ANIMATION, SIGNATURE, Chunk, Layout, layout_of
from safelight.codecs.png_numbers import LENGTHS, fits_depth, is_plausible
from safelight.codecs.png_stream import stream_bytes, tidy_stream
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]
# Colour type: lengths of bKGD, sBIT and tRNS.
BY_COLOUR: dict[int, tuple[int, int, int]] = {
    0: (2, 1, 2),
    2: (6, 3, 6),
    3: (1, 3, 256),
    4: (2, 2, 0),
    6: (6, 4, 0),
}
FRAME_CONTROL = 26


@dataclass(slots=True)
class Frame:
    """One picture of an animation: its control chunk and the parts of its stream; still when it is
    the default.
    """

    control: bytes
    parts: list[memoryview] = field(default_factory=list)
    is_default: bool = False

    @property
    def size(self) -> tuple[int, int]:
        width, height = struct.unpack_from(">II", self.control, 4)
        return width, height


@dataclass(slots=True)
class Rewriter:
    """The state of one pass over the chunks."""

    carried: Carried
    layout: Layout
    header: Chunk
    palette: Chunk | None = None
    looks: dict[bytes, Chunk] = field(default_factory=dict)
    pixels: list[Chunk] = field(default_factory=list)
    animation: Chunk | None = None
    frames: list[Frame] = field(default_factory=list)
    expected: int = 0
    is_animated: bool = True

    def take(self, chunk: Chunk) -> None:
        """Judge one chunk.

        Raises ContainerBroken for a critical one that is unknown, damaged or twice there.
        """
        if chunk.is_critical:
            self._critical(chunk)
        elif chunk.type in ANIMATION:
            self._animate(chunk)
        elif not self.pixels and chunk.type not in self.looks and self._fits(chunk):
            self.looks[chunk.type] = self._masked(chunk)

    def _masked(self, chunk: Chunk) -> Chunk:
        """A transparent colour without bits that no pixel of this depth has: decoders ignore
        them.
        """
        if chunk.type != b"tRNS" or self.layout.colour_type == 3:
            return chunk
        most = (1 << self.layout.bits) - 1
        layout = f">{len(chunk.body) // 2}H"
        numbers = struct.unpack(layout, chunk.body)
        body = struct.pack(layout, *(number & most for number in numbers))
        return chunk if body == chunk.body else _made(chunk.type, body)

    def _critical(self, chunk: Chunk) -> None:
        if not chunk.is_sound:
            raise ContainerBroken("the PNG has a chunk with a wrong checksum")
        if chunk.type == b"PLTE" and self.palette is None and not self.pixels:
            self._palette(chunk)
        elif chunk.type == b"IDAT":
            self.pixels.append(chunk)
        elif chunk.type == b"IEND" and len(chunk.body) == 0:
            return
        else:
            raise ContainerBroken("the PNG has a critical chunk that cannot be here")

    def _palette(self, chunk: Chunk) -> None:
        size = len(chunk.body)
        if size % 3 or not 3 <= size <= 768:
            raise ContainerBroken("the PNG has an impossible palette")
        if self.layout.colour_type == 3:
            self.palette = _shortened(chunk, 3 << self.layout.bits)

    def _fits(self, chunk: Chunk) -> bool:
        background, bits, clear = BY_COLOUR[self.layout.colour_type]
        size = len(chunk.body)
        if chunk.type == b"tRNS" and self.layout.colour_type == 3:
            return (
                self.palette is not None
                and 0 < size <= len(self.palette.body) // 3
                and chunk.is_sound
            )
        allowed = LENGTHS.get(chunk.type, ())
        allowed = {b"bKGD": (background,), b"sBIT": (bits,), b"tRNS": (clear,)}.get(
            chunk.type, allowed
        )
        if size not in allowed or not size or not chunk.is_sound:
            return False
        return fits_depth(chunk, self.layout) and is_plausible(chunk)

    def _animate(self, chunk: Chunk) -> None:
        """Take animation apart; one wrong number, and it is dropped: no decoder would play it
        either.
        """
        if not chunk.is_sound:
            self.is_animated = False
        elif chunk.type == b"acTL":
            is_right = self.animation is None and not self.pixels and len(chunk.body) == 8
            self.is_animated = self.is_animated and is_right
            self.animation = chunk
        elif len(chunk.body) < 4 or self._number(chunk) != self.expected:
            self.is_animated = False
        else:
            self.expected += 1
            self._frame(chunk)

    def _number(self, chunk: Chunk) -> int:
        return int(struct.unpack_from(">I", chunk.body)[0])

    def _frame(self, chunk: Chunk) -> None:
        if chunk.type == b"fdAT":
            if not self.frames or self.frames[-1].is_default:
                self.is_animated = False
            else:
                self.frames[-1].parts.append(chunk.body[4:])
        elif len(chunk.body) != FRAME_CONTROL:
            self.is_animated = False
        else:
            self.frames.append(Frame(bytes(chunk.body), is_default=not self.pixels))

    def written(self) -> Iterator[bytes | memoryview]:
        """The clean file, in the order that the standard asks for."""
        if not self.pixels or (self.layout.colour_type == 3 and self.palette is None):
            raise ContainerBroken("the PNG has no pixels")
        yield SIGNATURE
        yield self.header.raw
        yield from self._colour()
        if self.palette is not None:
            yield self.palette.raw
        yield from (chunk.raw for name, chunk in self.looks.items() if name in AFTER_PALETTE)
        yield from self._blocks()
        yield from self._pictures()
        yield framed(b"IEND", b"")

    def _colour(self) -> Iterator[bytes | memoryview]:
        profile = self.carried.icc
        if profile is not None:
            yield framed(b"iCCP", b"icc\0\0" + zlib.compress(profile, 9))
        for name, chunk in self.looks.items():
            if name not in AFTER_PALETTE and not (name == b"sRGB" and profile is not None):
                yield chunk.raw

    def _blocks(self) -> Iterator[bytes | memoryview]:
        if self.carried.exif is not None:
            yield framed(b"eXIf", self.carried.exif)
        if self.carried.xmp is not None:
            yield framed(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + self.carried.xmp)
        for name, words in self.carried.texts:
            key = name.encode("latin-1", "replace")[:79]
            yield framed(b"iTXt", key + b"\0\0\0\0\0" + words.encode())
        if self.carried.time is not None and len(self.carried.time) == 7:
            yield framed(b"tIME", self.carried.time)
        yield from (block.raw for block in self.carried.raw if block.raw is not None)

    def _pictures(self) -> Iterator[bytes | memoryview]:
        frames = self._playable()
        if frames and self.animation is not None:
            plays = bytes(self.animation.body[4:8])
            yield framed(b"acTL", struct.pack(">I", len(frames)) + plays)
        number = 0
        if frames and frames[0].is_default:
            yield framed(b"fcTL", struct.pack(">I", number) + frames[0].control[4:])
            number += 1
        yield from self._default()
        for frame in frames:
            if not frame.is_default:
                yield framed(b"fcTL", struct.pack(">I", number) + frame.control[4:])
                body = tidy_stream(frame.parts, stream_bytes(self.layout, *frame.size))
                yield framed(b"fdAT", struct.pack(">I", number + 1) + b"".join(body))
                number += 2

    def _playable(self) -> list[Frame]:
        if self.animation is None or not self.is_animated:
            return []
        wanted = struct.unpack_from(">I", self.animation.body)[0]
        frames = self.frames[:wanted]
        is_whole = len(frames) == wanted and all(
            frame.parts or frame.is_default for frame in frames
        )
        return frames if is_whole and self._is_inside(frames) else []

    def _is_inside(self, frames: list[Frame]) -> bool:
        for frame in frames:
            width, height, left, top = struct.unpack_from(">IIII", frame.control, 4)
            if not width or not height:
                return False
            if left + width > self.layout.width or top + height > self.layout.height:
                return False
        return sum(frame.is_default for frame in frames) <= 1

    def _default(self) -> Iterator[bytes | memoryview]:
        bodies = [chunk.body for chunk in self.pixels]
        size = stream_bytes(self.layout, self.layout.width, self.layout.height)
        tidy = tidy_stream(bodies, size)
        if tidy is bodies:
            yield from (chunk.raw for chunk in self.pixels)
        else:
            yield from (framed(b"IDAT", bytes(body)) for body in tidy)


def _shortened(palette: Chunk, most: int) -> Chunk:
    """The palette without entries that no pixel of this depth can name."""
    if len(palette.body) <= most:
        return palette
    return _made(palette.type, bytes(palette.body[:most]))


def _made(type: bytes, body: bytes) -> Chunk:
    return Chunk(type, memoryview(body), memoryview(framed(type, body)))


AFTER_PALETTE = frozenset({b"tRNS", b"bKGD", b"pHYs"})


def rewritten(walked: list[Chunk], carried: Carried) -> Pieces:
    """The pieces of the clean file.

    Raises ContainerBroken for what no decoder takes.
    """
    first, *others = walked
    rewriter = Rewriter(carried, layout_of(first), first)
    if not first.is_sound:
        raise ContainerBroken("the PNG has a header with a wrong checksum")
    for chunk in others:
        rewriter.take(chunk)
    return list(rewriter.written())


def framed(type: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    checksum = zlib.crc32(body, zlib.crc32(type))
    return struct.pack(">I", len(body)) + type + body + struct.pack(">I", checksum)
