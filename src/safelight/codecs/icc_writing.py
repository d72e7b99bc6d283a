"""ICC profiles as bytes: tags behind a head in which nothing tells of a maker or a time."""

from __future__ import annotations

import struct

HEAD = 128
D50 = bytes.fromhex("0000f6d6000100000000d32d")


def built(tags: dict[bytes, bytes], space: bytes, name: str) -> bytes:
    """A screen's profile of version 4 with these tags, its white being that of all profiles."""
    head = bytearray(HEAD)
    head[8:12] = b"\x04\x40\0\0"
    head[12:24] = b"mntr" + space + b"XYZ "
    return written(memoryview(head), {b"wtpt": b"XYZ \0\0\0\0" + D50} | tags, name)


def xyz(numbers: tuple[float, float, float]) -> bytes:
    """One colour as a tag holds it."""
    return b"XYZ \0\0\0\0" + b"".join(_fixed(number) for number in numbers)


def curve(kind: int, numbers: tuple[float, ...]) -> bytes:
    """A curve by its formula: kind 0 is a power, kind 3 that of sRGB."""
    head = struct.pack(">4sIHH", b"para", 0, kind, 0)
    return head + b"".join(_fixed(number) for number in numbers)


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65_536))


def written(head: memoryview, tags: dict[bytes, bytes], name: str) -> bytes:
    """The profile with the kind that the head says, these tags and this name."""
    is_new = head[8] >= 4
    wide = {b"desc": _words(name), b"cprt": _words("no notice")}
    plain = {b"desc": _old_description(name), b"cprt": b"text\0\0\0\0no notice\0"}
    everything = (wide if is_new else plain) | tags
    table, body = bytearray(struct.pack(">I", len(everything))), bytearray()
    start = HEAD + 4 + 12 * len(everything)
    placed: dict[bytes, int] = {}
    for tag, raw in everything.items():
        if raw not in placed:
            placed[raw] = start + len(body)
            body += raw + bytes(-len(raw) % 4)
        table += struct.pack(">4sII", tag, placed[raw], len(raw))
    return _head(head, start + len(body)) + bytes(table + body)


def _head(head: memoryview, size: int) -> bytes:
    """Size, version, class, spaces, intent, illuminant. Makers, dates and identifiers are zero."""
    intent = head[67] & 3
    return b"".join(
        (
            struct.pack(">I", size),
            bytes(4),
            bytes(head[8:10]),
            bytes(2),
            bytes(head[12:24]),
            bytes(12),
            b"acsp",
            bytes(24),
            bytes((0, 0, 0, intent)),
            D50,
            bytes(48),
        )
    )


def _words(text: str) -> bytes:
    wide = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(wide), 28) + wide


def _old_description(text: str) -> bytes:
    raw = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(raw)) + raw + bytes(8 + 3 + 67)
