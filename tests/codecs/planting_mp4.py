"""Films of a few bytes made in code, and the places where a canary can hide in them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.codecs.making import CANARY
from tests.codecs.planting import SECRET_XMP

PICTURES = [b"picture one.", b"picture two!", b"picture three"]
SOUND = [b"sound 1", b"sound 2", b"sound 3"]
XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_ID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
STAMP = 3_818_000_000


def box(type: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + type + body


def full(type: bytes, *bodies: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(type, struct.pack(">I", version << 24 | flags), *bodies)


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


MATRIX = numbers(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
VIDEO = (
    bytes(6)
    + b"\0\1"
    + bytes(16)
    + struct.pack(">HHIII", 32, 24, 72 << 16, 72 << 16, 0)
    + b"\0\1"
    + bytes(32)
    + b"\0\x18\xff\xff"
)
AUDIO = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHHHI", 2, 16, 0, 0, 48_000 << 16)


TEXT = box(b"text", bytes(6), b"\0\1", bytes(43), b"\0")
AVC = b"\1\x64\0\x1f\xff\xe1\0\4\x67abc\1\0\3\x68ab\xfd\xf8\xf8\0" + CANARY


def film_head(stamp: int = 0) -> bytes:
    times = numbers(stamp, stamp, 1000, 3000, 0x10000)
    return full(b"mvhd", times, b"\1\0" + bytes(10), MATRIX, bytes(24), numbers(9))


def track(
    number: int,
    samples: Sequence[bytes],
    handler: bytes = b"vide",
    *,
    entry: bytes = b"",
    name: bytes = b"",
    stamp: int = 0,
    more: bytes = b"",
    tables: bytes = b"",
    wide: bool = False,
    references: bytes = b"",
) -> tuple[bytes, int]:
    """One trak, and where in it the places of its chunks (one for each sample) are to be put."""
    kind = {b"vide": b"avc1", b"soun": b"mp4a"}.get(handler, b"gpmd")
    usual = {b"vide": VIDEO, b"soun": AUDIO}.get(handler, bytes(6) + b"\0\1")
    described = full(b"stsd", numbers(1), entry or box(kind, usual))
    places = numbers(len(samples)) + bytes((8 if wide else 4) * len(samples))
    head = (
        described
        + full(b"stts", numbers(1, len(samples), 1000))
        + full(b"stsc", numbers(1, 1, 1, 1))
    )
    sizes = full(b"stsz", numbers(0, len(samples)), numbers(*map(len, samples)))
    table = box(b"stbl", head, sizes, tables, full(b"co64" if wide else b"stco", places))
    kinds = {b"vide": full(b"vmhd", bytes(8), flags=1), b"soun": full(b"smhd", bytes(4))}
    own = box(b"dinf", full(b"dref", numbers(1), full(b"url ", flags=1)))
    information = box(b"minf", kinds.get(handler, full(b"nmhd")), own, table)
    media = box(
        b"mdia",
        full(b"mdhd", numbers(stamp, stamp, 1000, 3000), b"\x55\xc4\0\0"),
        full(b"hdlr", bytes(4), handler, bytes(12), name + b"\0"),
        information,
    )
    sides = numbers(32 << 16, 24 << 16) if handler == b"vide" else bytes(8)
    head = full(b"tkhd", numbers(stamp, stamp, number, 0, 3000), bytes(16), MATRIX, sides, flags=7)
    whole = box(b"trak", head, references, more, media)
    return whole, whole.rindex(b"co64" if wide else b"stco") + 12


def film(
    tracks: Sequence[tuple[tuple[bytes, int], Sequence[bytes]]] = (),
    *,
    inside: bytes = b"",
    before: bytes = b"",
    between: bytes = b"",
    behind: bytes = b"",
    brands: bytes = b"isomiso2",
    stamp: int = 0,
    gap: bytes = b"",
    index_last: bool = False,
    wide: bool = False,
) -> bytes:
    """A whole film: its tracks' samples one after the other in mdat, with a gap between them."""
    given = list(tracks) or [
        (track(1, PICTURES, wide=wide), PICTURES),
        (track(2, SOUND, b"soun", wide=wide), SOUND),
    ]
    head = (box(b"ftyp", b"mp42", bytes(4), brands) if brands else b"") + before
    media = b"".join(sample + gap for _, samples in given for sample in samples)
    how = (stamp, wide, len(gap))
    index = _index(given, 0, inside, how)
    start = len(head) + 8 + (0 if index_last else len(index) + len(between))
    index = _index(given, start, inside, how)
    if index_last:
        return head + box(b"mdat", media) + between + index + behind
    return head + index + between + box(b"mdat", media) + behind


def _index(
    given: Sequence[tuple[tuple[bytes, int], Sequence[bytes]]],
    start: int,
    inside: bytes,
    how: tuple[int, bool, int],
) -> bytes:
    stamp, wide, gap = how
    traks = []
    for (whole, at), samples in given:
        changed = bytearray(whole)
        for number, sample in enumerate(samples):
            letter, size = (">Q", 8) if wide else (">I", 4)
            struct.pack_into(letter, changed, at + size * number, start)
            start += len(sample) + gap
        traks.append(bytes(changed))
    return box(b"moov", film_head(stamp), *traks, inside)


def fragmented(
    *, base: bool = False, named: bool = True, inside: bytes = b"", gap: bytes = b""
) -> bytes:
    """A film whose index has no samples; two fragments have them."""
    none: list[bytes] = []
    empty = [(track(1, none), none), (track(2, none, b"soun"), none)]
    extends = box(
        b"mvex", full(b"trex", numbers(1, 1, 0, 12, 0)), full(b"trex", numbers(2, 1, 0, 7, 0))
    )
    head = film(empty, inside=extends)
    out = head[: head.rindex(b"mdat") - 4]
    for number in range(2):
        out += _fragment(number, len(out), (base, named), (inside, gap))
    return out + full(b"mfra", CANARY)


def _fragment(number: int, start: int, how: tuple[bool, bool], extra: tuple[bytes, bytes]) -> bytes:
    (inside, gap) = extra
    base, named = how
    pictures, sound = PICTURES[:2], SOUND[:2]

    def parts(offset: int) -> bytes:
        flags = 1 if base else 0x020000
        told = struct.pack(">Q", start) if base else b""
        first = full(b"trun", numbers(2, offset), flags=1)
        second = full(b"trun", numbers(2, offset + 24, *map(len, sound)), flags=0x201)
        if not named:
            second = full(b"trun", numbers(2, *map(len, sound)), flags=0x200)
            flags = 0
        return box(
            b"moof",
            full(b"mfhd", numbers(number + 1)),
            box(
                b"traf",
                full(b"tfhd", numbers(1), told, flags=flags),
                full(b"tfdt", numbers(0)),
                first,
            ),
            box(b"traf", full(b"tfhd", numbers(2), told, flags=flags), second),
            inside,
        )

    whole = parts(len(parts(0)) + 8)
    return whole + box(b"mdat", b"".join(pictures + sound), gap)


def word(letters: bytes, text: bytes = CANARY) -> bytes:
    """User data of QuickTime."""
    return box(letters, struct.pack(">HH", len(text), 0x15C7), text)


def keys(**values: bytes) -> bytes:
    """A meta box as Apple's cameras write it; names with _ for a point."""
    names = b"".join(
        box(b"mdta", b"com.apple.quicktime." + name.replace("_", ".").encode()) for name in values
    )
    items = b"".join(
        box(struct.pack(">I", number), box(b"data", numbers(1, 0), value))
        for number, value in enumerate(values.values(), 1)
    )
    handler = full(b"hdlr", bytes(4), b"mdta", bytes(13))
    return box(b"meta", handler, full(b"keys", numbers(len(values)), names), box(b"ilst", items))


def tunes(*items: bytes) -> bytes:
    """A meta box as iTunes writes it."""
    return full(b"meta", full(b"hdlr", bytes(4), b"mdir", bytes(13)), box(b"ilst", *items))


def item(letters: bytes, value: bytes) -> bytes:
    return box(letters, box(b"data", numbers(1, 0), value))


def plants() -> dict[str, bytes]:
    return _words() | _places() | _tracks()


def _words() -> dict[str, bytes]:
    place = full(b"loci", b"\x15\xc7" + CANARY + b"\0\0" + numbers(0, 0, 0) + b"earth\0\0")
    inside = {
        "place of QuickTime": box(b"udta", word(b"\xa9xyz")),
        "place of 3GPP": box(b"udta", place),
        "words of 3GPP": box(b"udta", full(b"auth", b"\x15\xc7" + CANARY + b"\0")),
        "notes of a maker": box(b"udta", box(b"CNTH", CANARY)),
        "rest of user data": box(b"udta", word(b"\xa9too"), CANARY[:6]) + box(b"free", CANARY),
        "items of iTunes": box(b"udta", tunes(item(b"\xa9nam", CANARY), item(b"covr", CANARY))),
        "free words of iTunes": box(
            b"udta",
            tunes(box(b"----", full(b"mean", CANARY), full(b"name", b"x"), full(b"data", CANARY))),
        ),
        "keys of Apple": keys(location_ISO6709=CANARY, make=b"Apple", odd_key=CANARY),
        "unknown in the index": box(b"zzzz", CANARY),
        "unique in the index": box(b"uuid", bytes(16), CANARY),
        "descriptor": full(b"iods", CANARY),
        "free in the index": box(b"free", CANARY),
    }
    return {name: film(inside=extra) for name, extra in inside.items()}


def _places() -> dict[str, bytes]:
    return {
        "XMP": film(between=box(b"uuid", XMP_ID, SECRET_XMP)),
        "C2PA": film(before=box(b"uuid", C2PA_ID, CANARY)),
        "unknown": film(between=box(b"uuid", bytes(16), CANARY)),
        "free": film(before=box(b"free", CANARY)),
        "skip behind": film(behind=box(b"skip", CANARY), index_last=True),
        "meta of the file": film(before=keys(comment=CANARY)),
        "picture before": film(before=box(b"PICT", CANARY)),
        "trailer": film(behind=CANARY[:7]) + CANARY,
        "among the media": film(gap=CANARY),
        "brand": film(brands=b"isom" + CANARY[:4]),
        "behind fragments": fragmented(),
        "in a fragment": fragmented(inside=box(b"uuid", bytes(16), CANARY)),
        "among the media of fragments": fragmented(gap=CANARY),
    }


def _tracks() -> dict[str, bytes]:
    vendor = bytearray(VIDEO)
    vendor[12:16], vendor[43:56] = CANARY[:4], CANARY
    name = full(b"hdlr", bytes(4), b"vide", bytes(12), CANARY)
    first = {
        "name of the handler": {"name": CANARY},
        "maker and encoder": {"entry": box(b"avc1", bytes(vendor))},
        "unknown of a description": {"entry": box(b"avc1", VIDEO, box(b"zzzz", CANARY))},
        "user data of a track": {"more": box(b"udta", word(b"\xa9nam"))},
        "meta of a track": {"more": keys(comment=CANARY)},
        "unknown of a track": {"more": box(b"zzzz", CANARY)},
        "unknown table": {"tables": full(b"zzzz", CANARY) + name},
        "tail of a table": {"tables": full(b"stss", numbers(1, 1), CANARY)},
        "groups": {"tables": full(b"sgpd", CANARY[:4], numbers(1), CANARY)},
    }
    found = {
        place: film([(track(1, PICTURES, **how), PICTURES)])  # type: ignore[arg-type] # any field
        for place, how in first.items()
    }
    lost = [CANARY, CANARY * 2]
    pictures = (track(1, PICTURES), PICTURES)
    chapter = box(b"tref", box(b"chap", numbers(3)))
    told = (track(1, PICTURES, references=chapter), PICTURES)
    sound = box(b"mp4a", AUDIO, box(b"wave", box(b"zzzz", CANARY), bytes(8)))
    return found | {
        "a track of places": film([pictures, (track(3, lost, b"meta", name=CANARY), lost)]),
        "chapters": film([told, (track(3, lost, b"text"), lost)]),
        "wrapped in sound": film([pictures, (track(2, SOUND, b"soun", entry=sound), SOUND)]),
    }
