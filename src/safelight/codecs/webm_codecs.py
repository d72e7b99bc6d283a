"""What a decoder is told before the first block, without the comments that codings put there."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from safelight.codecs.ebml import vint
from safelight.codecs.mp4_codings import (
    clean_aac,
    clean_av1,
    clean_avc,
    clean_hevc,
    clean_starts,
)
from safelight.codecs.reading import part, starts
from safelight.errors import ContainerBroken, FormatUnknown

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
PARTS_OF_MPEG4 = (b"V_MPEG4/ISO/SP", b"V_MPEG4/ISO/ASP", b"V_MPEG4/ISO/AP")
VP9_FEATURES = frozenset({1, 2, 3, 4})
# Its real heads have some forty.
MOST_OF_FFV1 = 128
_DISC_LINE = re.compile(
    r"size: \d{1,5}x\d{1,5}|org: \d{1,5}, ?\d{1,5}|scale: \d{1,3}%, ?\d{1,3}%|alpha: \d{1,3}%"
    r"|palette: [0-9a-f]{6}(?:, ?[0-9a-f]{6}){15}|forced subs: (?:ON|OFF)"
)


def clean_private(coding: bytes, data: memoryview) -> bytes | memoryview:
    """What a decoder needs of it; empty where that is nothing.

    Raises ContainerBroken for heads that cannot be, FormatUnknown for codings whose heads cannot be
    checked.
    """
    for start, cleaner in CLEANERS:
        if coding.startswith(start):
            return cleaner(data)
    raise FormatUnknown("a film whose coding has free bytes in its head is not rewritten")


def _none(_data: memoryview) -> bytes:
    return b""


def _features(data: memoryview) -> bytes:
    """Profile, level, depth and sampling of VP9, each a number, its length of 1, and its value."""
    found: dict[int, bytes] = {}
    for at in range(0, len(data) - 2, 3):
        if data[at] not in VP9_FEATURES or data[at + 1] != 1:
            break
        found.setdefault(data[at], bytes(data[at : at + 3]))
    return b"".join(found.values())


def _discs(data: memoryview) -> bytes:
    """Sizes and colours of the subtitles of a disc."""
    lines = bytes(data).decode("latin-1").splitlines()
    kept = [line.strip() for line in lines if _DISC_LINE.fullmatch(line.strip())]
    return "".join(f"{line}\n" for line in dict.fromkeys(kept)).encode()


def _old_windows(data: memoryview) -> memoryview:
    """A head of pictures of Windows, when it holds numbers alone."""
    return _exactly(data, 40)


def _old_sound(data: memoryview) -> memoryview:
    """A head of sound of Windows, when it holds numbers alone."""
    return _exactly(data, 18)


def _exactly(data: memoryview, size: int) -> memoryview:
    if len(data) > size:
        raise FormatUnknown("a film whose coding has free bytes in its head is not rewritten")
    return data


def _record(data: memoryview) -> memoryview:
    """The head of FFV1: numbers packed into few bytes, with their own checksum."""
    return _exactly(data, MOST_OF_FFV1)


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
    (b"V_MPEG4/ISO/AVC", clean_avc),
    (b"V_MPEGH/ISO/HEVC", clean_hevc),
    (b"V_AV1", clean_av1),
    (b"V_VP9", _features),
    (b"V_VP8", _none),
    (b"V_THEORA", _xiph),
    *((coding, clean_starts) for coding in (b"V_MPEG1", b"V_MPEG2", *PARTS_OF_MPEG4)),
    (b"V_FFV1", _record),
    (b"V_PRORES", lambda data: data[:4]),
    (b"V_UNCOMPRESSED", _none),
    (b"V_MJPEG", _none),
    (b"V_MS/VFW", _old_windows),
    (b"A_VORBIS", _xiph),
    (b"A_FLAC", _flac),
    (b"A_OPUS", _opus),
    (b"A_AAC", clean_aac),
    (b"A_ALAC", lambda data: data[:24]),
    (b"A_WAVPACK4", lambda data: data[:2]),
    (b"A_TTA", lambda data: data[:30]),
    (b"A_MS/ACM", _old_sound),
    *((coding, _none) for coding in (b"A_AC3", b"A_EAC3", b"A_DTS", b"A_TRUEHD", b"A_MLP")),
    *((coding, _none) for coding in (b"A_MPEG", b"A_PCM")),
    (b"S_TEXT/ASS", _script),
    (b"S_TEXT/SSA", _script),
    (b"S_ASS", _script),
    (b"S_SSA", _script),
    (b"S_VOBSUB", _discs),
    (b"S_DVBSUB", lambda data: data[:5]),
    *((coding, _none) for coding in (b"S_TEXT/UTF8", b"S_TEXT/ASCII", b"S_TEXT/WEBVTT")),
    *((coding, _none) for coding in (b"S_HDMV", b"D_WEBVTT")),
)


def track_of(block: memoryview) -> int:
    """The number of the track that a block belongs to."""
    return vint(block, 0)[0]
