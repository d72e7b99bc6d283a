"""Places within the descriptions of samples where a canary can hide."""

from __future__ import annotations

import struct

from tests.codecs.making import CANARY
from tests.codecs.planting import spiked_profile
from tests.codecs.planting_mp4 import (
    AUDIO,
    AVC,
    PICTURES,
    SOUND,
    VIDEO,
    box,
    film,
    full,
    numbers,
    track,
)

STREAM = bytes.fromhex(
    "00000000 0380808021 000000 0480808013 4015000000 00000000 00000000 0580808001 11 0680808001 02"
)
PLAIN = {
    **dict.fromkeys((b"pasp", b"hfov", b"btrt", b"gama", b"clap", b"fiel", b"mdcv", b"clli"), 32),
    **dict.fromkeys((b"SmDm", b"CoLL", b"st3d", b"frma", b"srat", b"vpcC", b"amve", b"dvcC"), 32),
}


def described() -> dict[str, bytes]:
    """Films with one of these boxes in a description, by a name for the place."""
    return {
        **{
            f"behind {kind.decode()}": _picture(box(kind, bytes(size), CANARY))
            for kind, size in PLAIN.items()
        },
        **{name: _picture(raw) for name, raw in _pictures().items()},
        **{name: _sound(raw) for name, raw in _sounds().items()},
        **{name: _text(kind, raw) for name, (kind, raw) in _texts().items()},
        **{name: _table(raw) for name, raw in _tables().items()},
    }


def _picture(raw: bytes) -> bytes:
    return film([(track(1, PICTURES, entry=box(b"avc1", VIDEO, raw)), PICTURES)])


def _sound(raw: bytes) -> bytes:
    other = track(2, SOUND, b"soun", entry=box(b"mp4a", AUDIO, raw))
    return film([(track(1, PICTURES), PICTURES), (other, SOUND)])


def _text(kind: bytes, raw: bytes) -> bytes:
    other = track(2, SOUND, b"sbtl", entry=box(kind, bytes(6), b"\0\1", raw))
    return film([(track(1, PICTURES), PICTURES), (other, SOUND)])


def _table(raw: bytes) -> bytes:
    return film([(track(1, PICTURES, tables=raw), PICTURES)])


def _array(kind: int, unit: bytes) -> bytes:
    return bytes((kind,)) + struct.pack(">HH", 1, 2 + len(unit)) + bytes((kind << 1, 1)) + unit


def _pictures() -> dict[str, bytes]:
    arrays = b"\2" + _array(33, b"set") + _array(39, CANARY)
    sphere = box(
        b"sv3d",
        full(b"svhd", CANARY),
        box(
            b"proj",
            full(b"prhd", bytes(12)),
            full(b"equi", bytes(16), CANARY),
            box(b"zzzz", CANARY),
        ),
    )
    eyes = box(b"vexu", box(b"eyes", full(b"stri", b"\0", CANARY), box(b"zzzz", CANARY)))
    secret = b"\x2a" + bytes((1 + len(CANARY),)) + b"\4" + CANARY
    return {
        "behind parameter sets": box(b"avcC", AVC),
        "among parameter sets": box(b"avcC", AVC[:5] + b"\xe1" + b"\0\x0c\6" + CANARY[:11] + b"\0"),
        "messages of HEVC": box(b"hvcC", b"\1" + bytes(20) + b"\3" + arrays),
        "messages of layers": box(b"lhvC", b"\1" + bytes(3) + b"\3" + arrays),
        "metadata of AV1": box(b"av1C", b"\x81\0\0\0\x0a\1\0" + secret),
        "profile": box(b"colr", b"prof", spiked_profile()),
        "behind a profile": box(b"colr", b"prof", spiked_profile(), CANARY),
        "behind colours": box(b"colr", b"nclx", b"\0\1\0\1\0\1\0", CANARY),
        "eyes and sphere": sphere + eyes,
    }


def _sounds() -> dict[str, bytes]:
    flac = full(b"dfLa", b"\0\0\0\x22", bytes(34), b"\x84\0\0", bytes((len(CANARY),)), CANARY)
    return {
        "streams": box(b"esds", STREAM, CANARY),
        "comments of FLAC": flac,
        "behind Opus": box(b"dOps", b"\0\2", bytes(9), CANARY),
        "behind AC-3": box(b"dac3", bytes(3), CANARY),
        "behind Enhanced AC-3": box(b"dec3", b"\0\0\0\0\0", CANARY),
        "behind channels": full(b"chan", numbers(1, 0, 0), CANARY),
        "behind ambisonics": box(b"SA3D", bytes(8), numbers(1, 0), CANARY),
        "behind a cookie": full(b"alac", bytes(24), CANARY),
        "maker of speech": box(b"dawp", CANARY[:4], b"\0", CANARY),
    }


def _texts() -> dict[str, tuple[bytes, bytes]]:
    fonts = box(b"ftab", b"\0\1\0\1", bytes((len(CANARY),)), CANARY)
    return {
        "fonts": (b"tx3g", bytes(30) + fonts + box(b"zzzz", CANARY)),
        "font of QuickTime": (b"text", bytes(43) + bytes((len(CANARY),)) + CANARY),
        "notes of WebVTT": (b"wvtt", box(b"vttC", b"WEBVTT\n", CANARY) + box(b"vlab", CANARY)),
        "addresses of TTML": (b"stpp", CANARY + bytes(3)),
        "behind captions": (b"c608", CANARY),
        "palette of subtitles": (b"mp4s", box(b"esds", STREAM) + box(b"zzzz", CANARY)),
    }


def _tables() -> dict[str, bytes]:
    return {
        "behind dependencies": full(b"sdtp", bytes(3), CANARY),
        "groups of another length": full(
            b"sgpd", b"roll", numbers(len(CANARY), 1), CANARY, version=1
        ),
        "behind groups": full(b"sgpd", b"roll", numbers(2, 1), b"\0\1", CANARY, version=1),
    }
