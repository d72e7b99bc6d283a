"""JPEG rewritten: frame, tables that scans use, scans; and the clean blocks.

Nothing else is copied.

Tables wait until a scan that uses them and go out just before it. One that no scan uses, or that is
defined anew before any scan uses it, never goes out: it would be a place to hide bytes in. The same
goes for a quantisation table after the first scan of its components: decoders take it only there.
They meet the same tables at the same scans, so pixels are the same bit for bit.

Coded data are copied, without restart intervals that a scan does not need. What lies behind the
last block of an interval cannot be told from pixels without decoding: a new encoding removes it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from itertools import accumulate

from safelight.codecs import gain_map, jpeg_density, jpeg_mpf
from safelight.codecs.blocks import Aside, Carried
from safelight.codecs.jpeg_frame import Frame, frame_of, needed
from safelight.codecs.jpeg_segments import (
    APPS,
    BARE,
    COM,
    DAC,
    DHT,
    DNL,
    DQT,
    DRI,
    EOI,
    FRAMES,
    PROGRESSIVE,
    SOS,
    Segment,
    segments,
    transform_of,
)
from safelight.codecs.reading import part, starts
from safelight.codecs.xmp import build_xmp, read_xmp
from safelight.errors import ContainerBroken

ARITHMETIC = frozenset({0xC9, 0xCA})
PROFILE_PART = 65_519
EXIF = b"Exif\0"
MAX_BODY = 65_533
Pieces = list[bytes | memoryview]


@dataclass(slots=True)
class Tables:
    """Tables that wait for a scan, by what they are and their number."""

    waiting: dict[tuple[int, int], bytes | memoryview] = field(default_factory=dict)

    def add(self, segment: Segment) -> None:
        """Take the segment apart. Raises ContainerBroken when it does not add up."""
        body, at = segment.body, 0
        while at < len(body):
            number, size = READERS[segment.marker](body, at)
            self.waiting[segment.marker, number] = part(body, at, size)
            at += size

    def used_by(self, wanted: list[tuple[int, int]]) -> Pieces:
        """One segment per kind with the waiting tables that are wanted; they wait no longer."""
        out: Pieces = []
        for marker in (DQT, DHT, DAC):
            keys = [
                key for key in dict.fromkeys(wanted) if key[0] == marker and key in self.waiting
            ]
            if keys:
                out += framed(marker, *(self.waiting.pop(key) for key in keys))
        return out


def _quantisation(body: memoryview, at: int) -> tuple[int, int]:
    kind, number = body[at] >> 4, body[at] & 15
    if kind > 1 or number > 3:
        raise ContainerBroken("the JPEG has an impossible quantisation table")
    return number, 1 + 64 * (1 + kind)


def _huffman(body: memoryview, at: int) -> tuple[int, int]:
    counts = part(body, at, 17)
    if counts[0] >> 4 > 1 or counts[0] & 15 > 3 or sum(counts[1:]) > 256:
        raise ContainerBroken("the JPEG has an impossible Huffman table")
    return counts[0], 17 + sum(counts[1:])


def _conditioning(body: memoryview, at: int) -> tuple[int, int]:
    return part(body, at, 2)[0], 2


READERS = {DQT: _quantisation, DHT: _huffman, DAC: _conditioning}


@dataclass(slots=True)
class Rewriter:
    """The state of one pass over the segments."""

    carried: Carried
    frame: Frame | None = None
    tables: Tables = field(default_factory=Tables)
    density: bytes = b""
    exif_density: bytes = b""
    transform: int = -1
    restart: bytes = b"\0\0"
    written_restart: bytes = b"\0\0"
    scans: int = 0
    index: int = 0
    out: Pieces = field(default_factory=list)

    def take(self, segment: Segment) -> None:
        """Judge one segment: keep it, keep a part, or let it fall. Raises ContainerBroken."""
        marker = segment.marker
        if marker in READERS:
            self.tables.add(segment)
        elif marker in FRAMES:
            self._frame(segment)
        elif marker == SOS:
            self._scan(segment)
        elif marker == DRI:
            self.restart = bytes(_exactly(segment.body, 2))
        elif marker == DNL and self.scans:
            return  # the frame tells the height: whatever this says, nobody reads it
        elif marker in APPS and not self.scans:
            self._app(segment)
        elif marker == EOI:
            self._end()
        elif marker not in APPS and marker not in BARE and marker != COM:
            raise ContainerBroken("the JPEG has a marker that cannot be here")

    def _app(self, segment: Segment) -> None:
        body = segment.body
        if segment.marker == 0xE0 and starts(body, b"JFIF\0") and len(body) >= 14:
            self.density = jpeg_density.of_jfif(body)
        elif segment.marker == 0xE1 and starts(body, EXIF) and not self.exif_density:
            self.exif_density = jpeg_density.of_exif(body[6:])
        elif segment.marker == 0xEE:
            self.transform = transform_of(body, self.transform)

    def _frame(self, segment: Segment) -> None:
        if self.frame is not None:
            raise ContainerBroken("the JPEG has a wrong frame header")
        self.frame = frame_of(segment)

    def _scan(self, segment: Segment) -> None:
        if self.frame is None or segment.coded is None:
            raise ContainerBroken("the JPEG has a scan before its frame header")
        if not self.scans:
            self._begin(self.frame)
        self.scans += 1
        self.out += self.tables.used_by(self._wanted(segment.body))
        if self.restart != self.written_restart:
            self.out += framed(DRI, self.restart)
            self.written_restart = self.restart
        self.out += framed(SOS, segment.body)
        self.out.append(self._needed(self.frame, segment.body, segment.coded))

    def _needed(self, frame: Frame, body: memoryview, coded: memoryview) -> memoryview:
        every = int.from_bytes(self.restart, "big")
        if not every:
            return coded
        return needed(coded, -(-frame.units(body[1 : 1 + 2 * body[0] : 2]) // every))

    def _wanted(self, body: memoryview) -> list[tuple[int, int]]:
        """The tables that a scan uses, by the parameters in its head."""
        count = body[0]
        if not 1 <= count <= 4 or len(body) != 4 + 2 * count or self.frame is None:
            raise ContainerBroken("the JPEG has a wrong scan header")
        first, refines = body[1 + 2 * count], body[3 + 2 * count] >> 4
        is_progressive = self.frame.segment.marker in PROGRESSIVE
        needs_dc = not is_progressive or (first == 0 and refines == 0)
        needs_ac = not is_progressive or first > 0
        kind = DAC if self.frame.segment.marker in ARITHMETIC else DHT
        wanted = []
        for number in range(count):
            identity, tables = body[1 + 2 * number], body[2 + 2 * number]
            wanted += [(DQT, table) for table in self.frame.tables_of(identity)]
            wanted += [(kind, tables >> 4)] * needs_dc + [(kind, 16 | tables & 15)] * needs_ac
        return wanted

    def _begin(self, frame: Frame) -> None:
        """Start of image, clean blocks, room for an index of further pictures, frame."""
        self.out.append(b"\xff\xd8")
        density = jpeg_density.chosen(self.density, self.exif_density, frame, self.transform)
        if density:
            self.out += framed(0xE0, b"JFIF\0\1\1" + density + b"\0\0")
        if self.carried.exif is not None:
            self.out += framed(0xE1, b"Exif\0\0", self.carried.exif)
        if self.carried.xmp is not None:
            self.out += framed(0xE1, b"http://ns.adobe.com/xap/1.0/\0", self.carried.xmp)
        self._profile()
        if self.transform >= 0:
            self.out += framed(0xEE, b"Adobe\0\x64\0\0\0\0", bytes([self.transform]))
        self._gain_map()
        self.out += [block.raw for block in self.carried.raw if block.raw is not None]
        self.index = len(self.out)
        self.out += framed(frame.segment.marker, frame.segment.body)

    def _profile(self) -> None:
        profile = self.carried.icc or b""
        parts = [profile[at : at + PROFILE_PART] for at in range(0, len(profile), PROFILE_PART)]
        if len(parts) <= 255:
            for number, chunk in enumerate(parts, 1):
                self.out += framed(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))), chunk)

    def _gain_map(self) -> None:
        """The numbers of the gain map that this is, or a word that one with numbers follows."""
        if self.carried.gain_map is not None:
            self.out += framed(0xE2, gain_map.ISO, self.carried.gain_map)
        elif any(aside.carried.gain_map is not None for aside in self.carried.pictures):
            self.out += framed(0xE2, gain_map.ISO, gain_map.SHOWN)

    def _end(self) -> None:
        if not self.scans:
            raise ContainerBroken("the JPEG has no pixels")
        self.out.append(b"\xff\xd9")


def rewritten(walked: list[Segment], carried: Carried) -> Pieces:
    """The pieces of the clean file, further pictures and an index of them behind the first.

    Raises ContainerBroken for what no decoder takes.
    """
    asides = [(_alone(aside), aside) for aside in carried.pictures]
    maps = [size_of(pieces) for pieces, aside in asides if gain_map.is_ultra_hdr(aside.carried.xmp)]
    rewriter = Rewriter(replace(carried, xmp=_announced(carried.xmp, maps)))
    for segment in walked:
        rewriter.take(segment)
    if asides:
        sizes = [size_of(pieces) for pieces, _ in asides]
        rewriter.out[rewriter.index : rewriter.index] = _index(rewriter, sizes)
    return [*rewriter.out, *(piece for pieces, _ in asides for piece in pieces)]


def _alone(aside: Aside) -> Pieces:
    """A further picture as a file of its own."""
    rewriter = Rewriter(aside.carried)
    for segment in segments(aside.block.data):
        rewriter.take(segment)
    return rewriter.out


def _announced(packet: bytes | None, sizes: list[int]) -> bytes | None:
    """The packet with a word that a gain map of such a size follows, where one does."""
    if not sizes:
        return packet
    found = read_xmp(packet) if packet is not None else []
    return build_xmp([*found, *gain_map.announcement(sizes[0])], flat=gain_map.ULTRA_HDR)


def _index(rewriter: Rewriter, sizes: list[int]) -> Pieces:
    """The segment that tells where each further picture lies, counted from within itself."""
    count = 1 + len(sizes)
    before = size_of(rewriter.out[: rewriter.index]) + 4 + len(jpeg_mpf.MARK)
    whole = size_of(rewriter.out) + 4 + jpeg_mpf.size_of(count)
    starts_at = accumulate(sizes[:-1], initial=whole - before)
    return framed(0xE2, jpeg_mpf.built([whole, *sizes], [0, *starts_at]))


def size_of(pieces: Pieces) -> int:
    return sum(len(piece) for piece in pieces)


def framed(marker: int, *bodies: bytes | memoryview) -> Pieces:
    """A marker, the length, and the bodies.

    Raises ContainerBroken when they are too long for one segment.
    """
    size = sum(len(body) for body in bodies)
    if size > MAX_BODY:
        raise ContainerBroken("a block is too long for a JPEG")
    return [struct.pack(">BBH", 0xFF, marker, size + 2), *bodies]


def _exactly(body: memoryview, size: int) -> memoryview:
    if len(body) != size:
        raise ContainerBroken("the JPEG has a segment of a wrong length")
    return body
