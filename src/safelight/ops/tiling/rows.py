"""Rows made on demand as a lazy libvips picture.

libvips takes pixels from outside through a loader. The rows are dressed as an uncompressed TIFF
whose length is known beforehand: no checksum, native byte order, and the loader asks for some rows
at a time. Against stored PNG rows that was measured as a fiftieth of the calls.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ROWS_PER_PIECE = 8
BIG_TIFF, SHORT, LONG, LONG8 = 43, 3, 4, 16
SIZES = {SHORT: "H", LONG: "I", LONG8: "Q"}
BLACK_IS_ZERO, RGB, UNASSOCIATED_ALPHA = 1, 2, 2


@dataclass(frozen=True, slots=True)
class Shape:
    """Size in pixels, bands with alpha counted, bits 8 or 16."""

    width: int
    height: int
    bands: int
    bits: int
    has_alpha: bool

    @property
    def row_bytes(self) -> int:
        return self.width * self.bands * self.bits // 8


def lazy_picture(shape: Shape, blocks: Iterator[memoryview]) -> tuple[Any, RowSource]:
    """The picture whose rows the blocks give, top to bottom, each block whole rows as bytes.

    blocks is asked only when somebody pulls pixels. The RowSource remembers what it raised.
    """
    import pyvips

    rows = RowSource(shape, blocks)
    source = pyvips.SourceCustom()
    source.on_read(rows.read)
    source.on_seek(rows.seek)
    picture = pyvips.Image.tiffload_source(source, access="sequential", fail_on="error")
    # As pyvips does for the loaders that it finds itself: the callbacks must outlive the picture.
    picture._references.append(source)
    return picture, rows


class RowSource:
    """A file that exists only as it is read: a header, then rows. Pixels cannot be read twice."""

    def __init__(self, shape: Shape, blocks: Iterator[memoryview]) -> None:
        self._header = tiff_header(shape)
        self._length = len(self._header) + shape.row_bytes * shape.height
        self._blocks = blocks
        self._block = memoryview(b"")
        self._block_at = len(self._header)
        self._position = 0
        self._error: Exception | None = None

    def trouble(self) -> Exception | None:
        """What went wrong while rows were made."""
        return self._error

    def read(self, size: int) -> memoryview | None:
        """At most size bytes from here; None at the end and after trouble."""
        try:
            piece = self._piece(size)
        except Exception as error:  # noqa: BLE001 - libvips cannot carry it
            self._error = self._error or error
            return None
        self._position += len(piece)
        return piece or None

    def seek(self, offset: int, whence: int) -> int:
        """As io.seek."""
        start = (0, self._position, self._length)[whence]
        self._position = start + offset
        return self._position

    def _piece(self, size: int) -> memoryview:
        if self._error is not None or self._position >= self._length:
            return memoryview(b"")
        if self._position < len(self._header):
            return memoryview(self._header)[self._position : self._position + size]
        if self._position < self._block_at:
            raise RuntimeError("rows were asked for a second time")
        while self._position >= self._block_at + len(self._block):
            self._block_at += len(self._block)
            self._block = memoryview(b"")
            self._block = next(self._blocks)
        start = self._position - self._block_at
        return self._block[start : start + size]


def tiff_header(shape: Shape) -> bytes:
    """A BigTIFF header in native byte order whose pieces follow it without a gap."""
    order = "<" if sys.byteorder == "little" else ">"
    pieces = -(-shape.height // ROWS_PER_PIECE)
    sizes = [ROWS_PER_PIECE * shape.row_bytes] * pieces
    sizes[-1] = (shape.height - ROWS_PER_PIECE * (pieces - 1)) * shape.row_bytes
    tags = _tags(shape, sizes, start=0)
    start = len(_file(tags, order))
    offsets_known = _tags(shape, sizes, start=start)
    return _file(offsets_known, order)


def _tags(shape: Shape, sizes: list[int], *, start: int) -> list[tuple[int, int, list[int]]]:
    offsets = [start + ROWS_PER_PIECE * shape.row_bytes * index for index in range(len(sizes))]
    tags = [
        (256, LONG, [shape.width]),
        (257, LONG, [shape.height]),
        (258, SHORT, [shape.bits] * shape.bands),
        (259, SHORT, [1]),
        (262, SHORT, [RGB if shape.bands > 2 else BLACK_IS_ZERO]),
        (273, LONG8, offsets),
        (277, SHORT, [shape.bands]),
        (278, LONG, [ROWS_PER_PIECE]),
        (279, LONG8, sizes),
    ]
    return tags + [(338, SHORT, [UNASSOCIATED_ALPHA])] * shape.has_alpha


def _file(tags: list[tuple[int, int, list[int]]], order: str) -> bytes:
    """Header, directory, and the values that do not fit into it."""
    mark = b"II" if order == "<" else b"MM"
    directory_bytes = 8 + 20 * len(tags) + 8
    directory = struct.pack(f"{order}Q", len(tags))
    beyond = b""
    for tag, kind, values in tags:
        packed = struct.pack(f"{order}{len(values)}{SIZES[kind]}", *values)
        directory += struct.pack(f"{order}HHQ", tag, kind, len(values))
        if len(packed) > 8:
            directory += struct.pack(f"{order}Q", 16 + directory_bytes + len(beyond))
            beyond += packed
        else:
            directory += packed.ljust(8, b"\0")
    head = mark + struct.pack(f"{order}HHHQ", BIG_TIFF, 8, 0, 16)
    return head + directory + struct.pack(f"{order}Q", 0) + beyond
