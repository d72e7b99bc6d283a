"""What a decoder is told before the first block, without the comments that codings put there."""

from __future__ import annotations

import struct
from collections.abc import Callable

from safelight.codecs.ebml import vint
from safelight.codecs.reading import part, starts
from safelight.errors import ContainerBroken

# The headings and keys of a script of subtitles that say how they are shown.
SHOWN_KEYS = frozenset(
    {
        *("scripttype", "playresx", "playresy", "wrapstyle", "scaledborderandshadow", "timer"),
        *("ycbcr matrix", "collisions", "layoutresx", "layoutresy"),
    }
)
INFO = "[script info]"
SHOWN_PARTS = frozenset({INFO, "[v4 styles]", "[v4+ styles]", "[events]"})
STREAM_INFO = 0
INFO_BYTES = 34


def clean_private(coding: bytes, data: memoryview) -> bytes | memoryview:
    """The same without comments. Raises ContainerBroken for headers that cannot be."""
    for start, cleaner in CLEANERS:
        if coding.startswith(start):
            return cleaner(data)
    return data


def _xiph(data: memoryview) -> bytes:
    """Three headers of Vorbis or Theora; the second, of comments, is written empty."""
    if data[0] != 2:
        raise ContainerBroken("the film has headers of sound that are no three")
    at, sizes = 1, []
    for _ in range(2):
        size = 0
        while data[at] == 255:
            size, at = size + 255, at + 1
        sizes.append(size + data[at])
        at += 1
    first = part(data, at, sizes[0])
    second = part(data, at + sizes[0], sizes[1])
    third = data[at + sum(sizes) :]
    mark = bytes(second[:7])
    comments = mark + struct.pack("<II", 0, 0) + (b"\1" if mark[:1] == b"\3" else b"")
    laced = b"".join(
        b"\xff" * (size // 255) + bytes([size % 255]) for size in (len(first), len(comments))
    )
    return b"\2" + laced + bytes(first) + comments + bytes(third)


def _flac(data: memoryview) -> bytes:
    """The head of FLAC with the block that decoders need, and no other."""
    if not starts(data, b"fLaC") or data[4] & 0x7F != STREAM_INFO:
        raise ContainerBroken("the film has a damaged head of sound")
    info = part(data, 8, INFO_BYTES)
    return b"fLaC" + bytes([0x80 | STREAM_INFO]) + INFO_BYTES.to_bytes(3, "big") + bytes(info)


def _script(data: memoryview) -> bytes:
    """A script of subtitles: sizes and styles, without title, authors and comments."""
    kept, part_of = [], ""
    for line in bytes(data).decode("utf-8", "replace").splitlines():
        if line.startswith("["):
            part_of = line.strip().lower()
            if part_of not in SHOWN_PARTS:
                break
        elif not _is_shown(line, part_of):
            continue
        kept.append(line.rstrip())
    return "\n".join(kept).encode() + b"\n"


def _is_shown(line: str, part_of: str) -> bool:
    if line.startswith((";", "!:")) or not line.strip():
        return False
    return part_of != INFO or line.partition(":")[0].strip().lower() in SHOWN_KEYS


def _opus(data: memoryview) -> memoryview:
    """The head of Opus: 19 bytes, more where it says how channels are mapped."""
    channels = data[9]
    return data[: 19 if data[18] == 0 else 21 + channels]


CLEANERS: tuple[tuple[bytes, Callable[[memoryview], bytes | memoryview]], ...] = (
    (b"A_VORBIS", _xiph),
    (b"V_THEORA", _xiph),
    (b"A_FLAC", _flac),
    (b"A_OPUS", _opus),
    (b"S_TEXT/ASS", _script),
    (b"S_TEXT/SSA", _script),
    (b"S_ASS", _script),
)


def track_of(block: memoryview) -> int:
    """The number of the track that a block belongs to."""
    return vint(block, 0)[0]
