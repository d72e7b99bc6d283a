"""Canaries: bytes that nobody else has, put wherever a picture's bytes pass. What is found of them
afterwards has stayed.

All canaries of one search begin with the same random mark, so one look finds every one of them,
whole or cut short, and the few bytes behind it tell which job and which place it was.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Place = Literal["body", "pixels", "metadata", "name"]
PLACES: tuple[Place, ...] = ("body", "pixels", "metadata", "name")
MARK_BYTES = 16
# A whole number of pixels of three bytes.
CANARY_BYTES = 33
_TAIL = struct.Struct(">BI")
SIDE = 160
# The longest thing that is looked for: a canary, or the mark as text.
LONGEST_BYTES = max(CANARY_BYTES, 2 * MARK_BYTES)
# In so many places of the raster, and so often in what lies around it.
IN_PIXELS, IN_BODY, IN_METADATA = 1_000, 64, 16
SPACING_BYTES = 256
SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Mark:
    """What all canaries of one search begin with: 16 random bytes; 32 letters in a name, and the
    same in capitals in metadata, which programs read as text.
    """

    raw: bytes = field(default_factory=lambda: secrets.token_bytes(MARK_BYTES))

    @property
    def text(self) -> str:
        return self.raw.hex()

    @property
    def said(self) -> str:
        """As metadata says it."""
        return self.text.upper()

    def canary(self, place: Place, job: int) -> bytes:
        """33 bytes; those of two jobs or two places differ."""
        head = self.raw + _TAIL.pack(PLACES.index(place), job)
        return head + hashlib.sha256(head).digest()[: CANARY_BYTES - len(head)]

    def name(self, job: int) -> str:
        """A file name without an ending."""
        return f"{self.text}-{job}"

    def count(self, data: bytes, until: int | None = None) -> Counter[str]:
        """How often a canary of each place begins in these bytes, before until; "cut" is what was
        cut short.
        """
        stop = len(data) if until is None else until
        found: Counter[str] = Counter()
        for start in _all(data, self.raw, stop):
            untrusted_place = data[start + MARK_BYTES : start + MARK_BYTES + 1]
            is_known = len(untrusted_place) == 1 and untrusted_place[0] < len(PLACES)
            found[PLACES[untrusted_place[0]] if is_known else "cut"] += 1
        found["name"] += sum(1 for _ in _all(data, self.text.encode(), stop))
        found["metadata"] += sum(1 for _ in _all(data, self.said.encode(), stop))
        return +found


def _all(data: bytes, needle: bytes, stop: int) -> Iterator[int]:
    start = data.find(needle)
    while 0 <= start < stop:
        yield start
        start = data.find(needle, start + 1)


def picture(mark: Mark, job: int, *, side: int = SIDE, is_packed: bool = True) -> bytes:
    """A PNG of side x side random pixels with canaries in its raster, its text, and between its
    chunks. Packed, no canary stands in the compressed pixels as it is: only who decodes them has
    it. Else an output that keeps the pixels has it too.
    """
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
            *_metadata(mark.canary("metadata", job), mark.said.encode()),
            _chunk(b"caNy", mark.canary("body", job).ljust(SPACING_BYTES, b"\xa5") * IN_BODY),
            _chunk(
                b"IDAT", zlib.compress(_raster(mark.canary("pixels", job), side), int(is_packed))
            ),
            _chunk(b"IEND", b""),
        )
    )


def _metadata(canary: bytes, said: bytes) -> Iterator[bytes]:
    """A comment, and an EXIF block whose one entry is the name of an artist, in letters: a value
    that is read, and shown, as what it is.
    """
    yield _chunk(b"tEXt", b"Comment\0" + canary * IN_METADATA)
    artist = (said + b" ") * IN_METADATA
    entry = struct.pack("<HHII", 0x013B, 2, len(artist), 26)
    yield _chunk(b"eXIf", b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4) + artist)


def _raster(canary: bytes, side: int) -> bytes:
    """Rows of noise, each behind its filter byte, with canaries at even distances."""
    width = 3 * side
    rows = [bytearray(secrets.token_bytes(width)) for _ in range(side)]
    per_row = width // (len(canary) + 3)
    for number in range(min(IN_PIXELS, side * per_row)):
        start = number % per_row * (len(canary) + 3)
        rows[number // per_row][start : start + len(canary)] = canary
    return b"".join(b"\0" + row for row in rows)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)
