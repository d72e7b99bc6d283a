"""Matroska films of a few bytes made in code, and the places where a canary can hide in them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.codecs.making import CANARY

BLOCKS = [b"picture one.", b"picture two!", b"picture three", b"picture four"]
SOUND = [b"sound one", b"sound two"]
HEAD_OF_SOUND = b"OpusHead\x01\x02" + bytes(9)


def size(number: int, width: int = 0) -> bytes:
    """A length in as few bytes as it takes, or in this many."""
    width = width or next(n for n in range(1, 9) if number < (1 << 7 * n) - 1)
    return (1 << 7 * width | number).to_bytes(width, "big")


def element(id: int, *bodies: bytes, width: int = 0) -> bytes:
    body = b"".join(bodies)
    return id.to_bytes((id.bit_length() + 7) // 8, "big") + size(len(body), width) + body


def number(id: int, value: int) -> bytes:
    return element(id, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def block(track: int, data: bytes) -> bytes:
    return bytes([0x80 | track]) + b"\0\0\x80" + data


def track(number_of: int, type: int, coding: bytes, *more: bytes, private: bytes = b"") -> bytes:
    head = number(0xD7, number_of) + number(0x73C5, 0x1122334455) + number(0x83, type)
    return element(0xAE, head, element(0x86, coding), element(0x63A2, private), *more)


PICTURE = element(0xE0, number(0xB0, 32), number(0xBA, 24), element(0x55B0, number(0x55BA, 1)))
SOUNDS = element(0xE1, element(0xB5, struct.pack(">f", 48_000)), number(0x9F, 2))
VIDEO = track(1, 1, b"V_VP8", PICTURE)
AUDIO = track(2, 2, b"A_OPUS", SOUNDS, private=HEAD_OF_SOUND)


def cluster(time: int, *inside: bytes, is_open: bool = False) -> bytes:
    body = number(0xE7, time) + b"".join(inside)
    return b"\x1f\x43\xb6\x75" + (b"\x01" + b"\xff" * 7 if is_open else size(len(body))) + body


def clusters(*more: bytes, is_open: bool = False) -> list[bytes]:
    """Two clusters; more stands between the blocks of each."""
    simple = element(0xA3, block(1, BLOCKS[0])), element(0xA3, block(2, SOUND[0]))
    group = element(0xA0, element(0xA1, block(1, BLOCKS[1])), number(0x9B, 40))
    last = element(0xA3, block(1, BLOCKS[2])), element(0xA3, block(2, SOUND[1]))
    first = cluster(0, *simple, *more, group, is_open=is_open)
    return [first, cluster(90, *last, *more, element(0xA3, block(1, BLOCKS[3])), is_open=is_open)]


def film(
    *,
    info: Sequence[bytes] = (),
    tracks: Sequence[bytes] = (VIDEO, AUDIO),
    before: bytes = b"",
    between: Sequence[bytes] = (),
    behind: bytes = b"",
    after: bytes = b"",
    kind: bytes = b"webm",
    is_open: bool = False,
    cue_track: int = 1,
    cue_shift: int = 0,
) -> bytes:
    """A whole film with cues at its end."""
    head = element(0x1A45DFA3, element(0x4282, kind), number(0x4287, 2), number(0x4285, 2))
    about = element(0x1549A966, number(0x2AD7B1, 1_000_000), element(0x4D80, b"Lavf"), *info)
    start = before + about + element(0x1654AE6B, *tracks)
    media = clusters(*between, is_open=is_open)
    places = [len(start), len(start) + len(media[0])]
    points = (
        element(
            0xBB,
            number(0xB3, time),
            element(
                0xB7, number(0xF7, cue_track), number(0xF1, place + cue_shift), number(0xF0, 3)
            ),
        )
        for time, place in zip((0, 90), places, strict=True)
    )
    body = start + b"".join(media) + element(0x1C53BB6B, *points) + behind
    open_size = b"\x01" + b"\xff" * 7
    return head + b"\x18\x53\x80\x67" + (open_size if is_open else size(len(body))) + body + after


def tag(name: str, value: bytes = CANARY, *inside: bytes) -> bytes:
    return element(
        0x1254C367,
        element(
            0x7373,
            element(0x63C0),
            element(0x67C8, element(0x45A3, name.encode()), element(0x4487, value), *inside),
        ),
    )


def vorbis(comment: bytes) -> bytes:
    """Three headers, the second with a vendor and a comment."""
    first, third = b"\x01vorbis" + bytes(23), b"\x05vorbis" + bytes(40)
    words = struct.pack("<I", len(comment)) + comment
    second = b"\x03vorbis" + words + struct.pack("<I", 1) + words + b"\1"
    return b"\2" + bytes([len(first), len(second)]) + first + second + third


def flac(comment: bytes) -> bytes:
    told = b"\x84" + len(comment).to_bytes(3, "big") + comment
    return b"fLaC\0\0\0\x22" + bytes(34) + told


SCRIPT = (
    b"[Script Info]\n; by %s\nTitle: %s\nPlayResX: 640\n\n[V4+ Styles]\nStyle: a\n[Fonts]\n%s\n"
    % ((CANARY,) * 3)
)


def checked(id: int, *bodies: bytes) -> bytes:
    """An element that begins with its checksum, as ffmpeg's Matroska does; the bytes of this one
    can be read as no element.
    """
    return element(id, element(0xBF, b"\0\x9c\xff\0"), *bodies)


def checked_film() -> bytes:
    """A film of Matroska in the order that ffmpeg writes it, with a checksum in every part."""
    head = checked(0x1A45DFA3, element(0x4282, b"matroska"), number(0x4287, 4), number(0x4285, 2))
    index = checked(0x114D9B74) + element(0xEC, bytes(40))
    about = checked(
        0x1549A966, number(0x2AD7B1, 1_000_000), element(0x4D80, CANARY), element(0x5741, CANARY)
    )
    sides = element(0xE0, number(0xB0, 32), number(0xBA, 24), checked(0x55B0, number(0x55BA, 1)))
    picture = checked(0xAE, number(0xD7, 1), number(0x83, 1), element(0x86, b"V_VP8"), sides)
    tracks = checked(0x1654AE6B, picture, AUDIO)
    words = element(0x67C8, element(0x45A3, b"ENCODER"), element(0x4487, CANARY))
    tags = checked(0x1254C367, checked(0x7373, element(0x63C0), words))
    start = index + about + tracks + tags
    simple = [element(0xA3, block(1, raw)) for raw in (BLOCKS[0], BLOCKS[2], BLOCKS[3])]
    sound = [element(0xA3, block(2, raw)) for raw in SOUND]
    group = element(0xA0, element(0xA1, block(1, BLOCKS[1])), number(0x9B, 40))
    media = checked(0x1F43B675, number(0xE7, 0), *simple, *sound, group)
    place = checked(0xB7, number(0xF7, 1), number(0xF1, len(start)))
    cues = checked(0x1C53BB6B, checked(0xBB, number(0xB3, 0), place))
    return head + element(0x18538067, start, media, cues, width=8)


def plants() -> dict[str, bytes]:
    inner = element(0x67C8, element(0x45A3, b"x"), element(0x4487, CANARY))
    file = element(0x61A7, element(0x466E, CANARY), element(0x465C, CANARY))
    return (
        _tracks()
        | _heads()
        | _groups()
        | {
            "programs of ffmpeg": checked_film(),
            "title": film(info=[element(0x7BA9, CANARY)]),
            "programs": film(info=[element(0x5741, CANARY)]),
            "name of the file": film(info=[element(0x7384, CANARY)]),
            "unknown in the info": film(info=[element(0x73A4, CANARY)]),
            "tags": film(behind=tag("ENCODER")),
            "tags before": film(before=tag("LOCATION")),
            "tags below tags": film(behind=tag("A", b"b", inner)),
            "attachment": film(behind=element(0x1941A469, file)),
            "chapters": film(behind=element(0x1043A770, CANARY)),
            "void": film(before=element(0xEC, CANARY)),
            "void in a cluster": film(between=[element(0xEC, CANARY)]),
            "unknown in a cluster": film(between=[element(0xBF, CANARY)]),
            "unknown in a group": film(
                between=[element(0xA0, element(0xA1, block(1, b"x")), element(0x8E, CANARY))]
            ),
            "block of no track": film(between=[element(0xA3, block(9, CANARY))]),
            "group of no track": film(between=[element(0xA0, element(0xA1, block(9, CANARY)))]),
            "unknown at the top": film(behind=element(0x4DBC, CANARY)),
            "behind": film(after=CANARY),
        }
    )


def _tracks() -> dict[str, bytes]:
    def of(*more: bytes, coding: bytes = b"V_VP8", private: bytes = b"") -> bytes:
        return film(tracks=[track(1, 1, coding, PICTURE, *more, private=private), AUDIO])

    def sound(coding: bytes, private: bytes) -> bytes:
        return film(tracks=[VIDEO, track(2, 2, coding, SOUNDS, private=private)])

    data = track(3, 0x21, b"D_META", element(0x536E, CANARY))
    script = track(3, 0x11, b"S_TEXT/ASS", private=SCRIPT)
    return {
        "name of a track": of(element(0x536E, CANARY)),
        "name of a coding": of(element(0x258688, CANARY)),
        "coding that is none": film(
            tracks=[VIDEO, AUDIO, track(3, 0x11, b"S_TEXT/UTF8", element(0x86, CANARY))]
        ),
        "language that is none": of(element(0x22B59C, CANARY)),
        "long number": of(element(0x55EE, CANARY)),
        "unknown of pictures": of(element(0xE0, element(0x55B0, element(0x4444, CANARY)))),
        "comments of Vorbis": sound(b"A_VORBIS", vorbis(CANARY)),
        "comments of FLAC": sound(b"A_FLAC", flac(CANARY)),
        "behind the head of Opus": sound(b"A_OPUS", HEAD_OF_SOUND + CANARY),
        "script of subtitles": film(tracks=[VIDEO, AUDIO, script]),
        "track of data": film(
            tracks=[VIDEO, AUDIO, data], between=[element(0xA3, block(3, CANARY))]
        ),
    }


def _heads() -> dict[str, bytes]:
    """What decoders are told first, with the canary where each coding leaves a place."""
    message = bytes((78, 1)) + CANARY
    listed = b"\x27" + struct.pack(">HH", 1, len(message)) + message
    secret = b"\x2a" + bytes((1 + len(CANARY),)) + b"\4" + CANARY
    avc = b"\1\x64\0\x1f\xff\xe1\0\4\x67abc\1\0\3\x68ab\xfd\xf8\xf8\0"
    heads = {
        b"V_MPEG4/ISO/AVC": avc + CANARY,
        b"V_MPEGH/ISO/HEVC": b"\1" + bytes(20) + b"\3\1" + listed,
        b"V_AV1": b"\x81\0\0\0\x0a\1\0" + secret,
        b"V_VP8": CANARY,
        b"V_VP9": b"\1\1\0" + CANARY,
        b"V_MPEG4/ISO/ASP": b"\0\0\1\xb0\1\0\0\1\xb2" + CANARY,
        b"V_PRORES": b"apch" + CANARY,
    }
    sounds = {
        b"A_AAC": b"\x12\x10" + bytes(8) + CANARY,
        b"A_ALAC": bytes(24) + CANARY,
        b"A_AC3": CANARY,
        b"A_PCM/INT/LIT": CANARY,
    }
    texts = {b"S_TEXT/UTF8": CANARY, b"S_VOBSUB": b"size: 720x576\n# " + CANARY}
    made = {name: [track(1, 1, name, PICTURE, private=raw), AUDIO] for name, raw in heads.items()}
    made |= {name: [VIDEO, track(2, 2, name, SOUNDS, private=raw)] for name, raw in sounds.items()}
    made |= {name: [VIDEO, AUDIO, track(3, 17, name, private=raw)] for name, raw in texts.items()}
    extra = element(0x41E4, number(0x41F0, 4), element(0x41ED, CANARY))
    made |= {b"mappings": [track(1, 1, b"V_VP8", PICTURE, extra), AUDIO]}
    for kind in range(4):
        shape = element(0x7670, number(0x7671, kind), element(0x7672, CANARY))
        sides = element(0xE0, number(0xB0, 32), number(0xBA, 24), shape)
        made[b"projection %d" % kind] = [track(1, 1, b"V_VP8", sides), AUDIO]
    letters = element(0xE0, number(0xB0, 32), number(0xBA, 24), element(0x2EB524, CANARY[:8]))
    made[b"letters of pixels"] = [track(1, 1, b"V_VP8", letters), AUDIO]
    return {f"head of {name.decode()}": film(tracks=tracks) for name, tracks in made.items()}


def _groups() -> dict[str, bytes]:
    """What stands beside a block in its group."""
    addition = element(0xA6, number(0xEE, 1), element(0xA5, CANARY))
    odd = element(0xA6, number(0xEE, 1), element(0x4444, CANARY))
    inside = {
        "length": element(0x9B, CANARY),
        "reference": element(0xFB, CANARY),
        "priority": element(0xFA, CANARY),
        "silence": element(0x75A2, CANARY),
        "state of the decoder": element(0xA4, CANARY),
        "addition": element(0x75A1, addition),
        "unknown in an addition": element(0x75A1, odd),
        "second block": element(0xA1, block(1, CANARY)),
        "block of another track": element(0xA1, block(5, CANARY)),
        "void": element(0xEC, CANARY),
    }
    return {
        f"{name} in a group": film(between=[element(0xA0, element(0xA1, block(1, b"x")), raw)])
        for name, raw in inside.items()
    }
