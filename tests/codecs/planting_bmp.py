"""BMPs made in code, a canary in every place where bytes can hide, by the name of the place."""

from __future__ import annotations

import struct

from tests.codecs.making import CANARY, picture
from tests.codecs.planting import spiked_profile

WIDTH, HEIGHT = 21, 9
STRIDE = 64


def rows(padding: bytes = b"\0") -> bytes:
    """24 bits a pixel, from the bottom; each row ends with one byte that is no pixel."""
    image = picture(WIDTH, HEIGHT)
    raw = image.tobytes("raw", "BGR")
    lines = [raw[at : at + WIDTH * 3] for at in range(0, len(raw), WIDTH * 3)]
    return b"".join(
        line + padding[number % len(padding) :][:1] for number, line in enumerate(reversed(lines))
    )


def dib(size: int = 40, bits: int = 24, coding: int = 0, **fields: object) -> bytes:
    """A header of this size; fields by their offset, as `at32=bytes`."""
    head = bytearray(size)
    if size < 40:
        struct.pack_into("<IHHHH", head, 0, size, WIDTH, HEIGHT, 1, bits)
    else:
        struct.pack_into("<IiiHHI", head, 0, size, WIDTH, HEIGHT, 1, bits, coding)
    for name, value in fields.items():
        raw = bytes(value) if isinstance(value, bytes) else b""
        head[int(name[2:]) : int(name[2:]) + len(raw)] = raw
    return bytes(head)


def bmp(head: bytes, pixels: bytes, *, between: bytes = b"", behind: bytes = b"") -> bytes:
    """between lies after the header: masks, a palette, a gap."""
    start = 14 + len(head) + len(between)
    whole = head + between + pixels + behind
    return struct.pack("<2sIII", b"BM", 14 + len(whole), 0, start) + whole


def grey_palette(fourth: bytes = b"\0", count: int = 256) -> bytes:
    return b"".join(bytes([n, n, n]) + (fourth[n % len(fourth) :][:1]) for n in range(count))


def runs() -> bytes:
    return bytes([WIDTH, 7, 0, 0]) * HEIGHT + b"\0\1"


def profiled(kind: bytes, profile: bytes) -> bytes:
    where = struct.pack("<II", 124 + len(rows()), len(profile))
    return bmp(dib(124, at56=kind, at112=where), rows(), behind=profile)


def plants() -> dict[str, bytes]:
    grey = dib(40, 8)
    eight = bytes(24) * HEIGHT
    word = CANARY[:4]
    return {
        "behind the pixels": bmp(dib(), rows(), behind=CANARY),
        "a gap before the pixels": bmp(dib(), rows(), between=CANARY),
        "ends of rows": bmp(dib(), rows(CANARY[:9]), behind=CANARY),
        "fourth byte of colours": bmp(grey, eight, between=grey_palette(CANARY), behind=CANARY),
        "colours beyond the depth": bmp(
            dib(40, 4), bytes(12) * HEIGHT, between=grey_palette(count=16) + CANARY
        ),
        "a palette without use": bmp(dib(at32=b"\4\0\0\0"), rows(), between=CANARY + CANARY[:3]),
        "behind the runs": bmp(dib(40, 8, 1), runs(), between=grey_palette(), behind=CANARY),
        "numbers of OS/2": bmp(dib(64, at40=CANARY), rows()),
        "masks that are none": bmp(dib(108, at40=word * 4), rows()),
        "end points without use": bmp(dib(108, at56=b"BGRs", at60=CANARY), rows()),
        "an unknown colour space": bmp(dib(108, at56=word), rows()),
        "reserved": bmp(dib(124, at56=b"BGRs", at112=CANARY[:12]), rows()),
        "words of the profile": profiled(b"DEBM", spiked_profile()),
        "no profile": profiled(b"DEBM", CANARY * 20),
        "path of a profile": profiled(b"KNIL", b"C:\\Users\\" + CANARY + b".icc\0"),
    }
