"""GIFs with a canary in every place where bytes can hide, by the name of the place."""

from __future__ import annotations

from safelight.codecs.gif import XMP_MAGIC
from safelight.codecs.gif_clean import chained
from tests.codecs.making import CANARY, picture, saved
from tests.codecs.planting import SECRET_XMP, spiked_profile


def plain() -> bytes:
    return saved(picture(), "GIF")


def animated() -> bytes:
    frames = [picture(), picture().rotate(180), picture().rotate(90)]
    return saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[70, 90, 110], loop=3
    )


def application(name: bytes, body: bytes) -> bytes:
    return b"\x21\xff\x0b" + name + body


def first_block(data: bytes) -> int:
    """Where the first block begins: behind the screen and its colour table."""
    return 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)


def with_blocks(data: bytes, *blocks: bytes) -> bytes:
    at = first_block(data)
    return b"GIF89a" + data[6:at] + b"".join(blocks) + data[at:]


def stream_of(data: bytes) -> tuple[int, int]:
    """First and last byte of the first picture's chain in a plain file without a local table."""
    at = data.index(b"\x2c", first_block(data)) + 11
    end = at
    while data[end]:
        end += data[end] + 1
    return at, end


def plants() -> dict[str, bytes]:
    still = plain()
    at, end = stream_of(still)
    film = animated()
    second = film.index(b"\x21\xf9", film.index(b"\x2c"))
    comment = b"\x21\xfe" + chained(CANARY)
    found = {
        "comment": with_blocks(still, comment),
        "comment before the end": still[:-1] + comment + b";",
        "comment between frames": film[:second] + comment + film[second:],
        "plain text": with_blocks(still, b"\x21\x01\x0c" + bytes(12) + chained(CANARY)),
        "unknown application": with_blocks(still, application(b"CANARYapp01", chained(CANARY))),
        "unknown extension": with_blocks(still, b"\x21\x77" + chained(CANARY)),
        "XMP": with_blocks(still, application(b"XMP DataXMP", SECRET_XMP + XMP_MAGIC + b"\0")),
        "ICC words": with_blocks(still, application(b"ICCRGBG1012", chained(spiked_profile()))),
        "tail of the loop": with_blocks(
            still, application(b"NETSCAPE2.0", b"\x03\x01\0\0" + chained(CANARY))
        ),
        "buffer of the loop": with_blocks(
            still, application(b"NETSCAPE2.0", chained(b"\2" + CANARY))
        ),
        "tail of control": with_blocks(still, b"\x21\xf9\x04" + bytes(4) + chained(CANARY)),
        "trailer": still + CANARY,
        "a picture after the end": still + still + CANARY,
        "behind the stream": still[:end] + chained(CANARY) + still[end + 1 :],
    }
    return found | {"more pixels than the frame": more_pixels(still, at)}


def more_pixels(still: bytes, at: int) -> bytes:
    """The frame said to be lower than its stream is, and a canary behind the rows that count."""
    left = still.index(b"\x2c", first_block(still))
    head = still[left : left + 7] + (2).to_bytes(2, "little") + still[left + 9 : left + 10]
    return still[:left] + head + still[left + 10 :] + CANARY
