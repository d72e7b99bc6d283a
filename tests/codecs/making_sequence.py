"""Sequences of AVIF and HEIC put together by hand, a canary in every place of their tracks."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from tests.codecs.making import CANARY
from tests.codecs.making_heif import ALPHA, DEPTH, Coding, box, coded, full, whole
from tests.codecs.planting import SECRET_EXIF
from tests.codecs.planting_heif import words

MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
BRANDS: dict[Coding, bytes] = {
    "avif": b"avis\0\0\0\0avifavismsf1iso8mif1miaf",
    "heic": b"hevc\0\0\0\0hevcmsf1iso8mif1heic",
}


@dataclass(frozen=True)
class Track:
    """A track of pictures: frames are their data, more goes into the place that its name says.

    rows are a table and what stands in it as further rows.
    """

    number: int
    frames: tuple[bytes, ...]
    handler: bytes = b"pict"
    name: bytes = b""
    made: int = 0
    language: bytes = b"\x55\xc4"
    compressor: bytes = bytes(32)
    of_entry: tuple[bytes, ...] = ()
    of_table: tuple[bytes, ...] = ()
    of_track: tuple[bytes, ...] = ()
    is_wide: bool = False
    matrix: bytes = MATRIX
    rows: tuple[bytes, bytes] = (b"", b"")

    def written(self, coding: Coding, start: int) -> bytes:
        whole_size = struct.pack(">II", 64 << 16, 64 << 16)
        head = struct.pack(">IIIII", self.made, self.made, self.number, 0, len(self.frames))
        size = full(b"tkhd", head, bytes(16), self.matrix, whole_size, flags=1)
        times = struct.pack(">IIII", self.made, self.made, 10, len(self.frames))
        return box(
            b"trak",
            size,
            *self.of_track,
            box(
                b"mdia",
                full(b"mdhd", times, self.language, bytes(2)),
                full(b"hdlr", bytes(4), self.handler, bytes(12), self.name + b"\0"),
                box(
                    b"minf",
                    full(b"vmhd", bytes(8), flags=1),
                    box(b"stbl", *self._tables(coding, start)),
                ),
            ),
        )

    def _tables(self, coding: Coding, start: int) -> list[bytes]:
        count = len(self.frames)
        sizes = [len(frame) for frame in self.frames]
        made = coded(coding)
        config = next(raw for raw, _ in made.properties if raw[4:8] in (b"av1C", b"hvcC"))
        entry = (
            bytes(6)
            + b"\0\1"
            + bytes(16)
            + struct.pack(">HHIIIH", 64, 64, 72 << 16, 72 << 16, 0, 1)
        )
        entry += self.compressor + struct.pack(">Hh", 24, -1)
        coding_box = box(made.kind, entry, config, *self.of_entry)
        offsets = [start + sum(sizes[:number]) for number in range(count)]
        offset_box = full(
            b"co64" if self.is_wide else b"stco",
            struct.pack(f">I{count}{'Q' if self.is_wide else 'I'}", count, *offsets),
        )
        return [
            full(b"stsd", struct.pack(">I", 1), coding_box),
            self._table(b"stts", count, 1),
            self._table(b"stsc", 1, 1, 1),
            self._table(b"stss", 1),
            full(b"stsz", struct.pack(f">II{count}I", 0, count, *sizes)),
            offset_box,
            *self.of_table,
        ]

    def _table(self, kind: bytes, *row: int) -> bytes:
        """A table of one row, and of those that are to stand there besides."""
        more = self.rows[1] if self.rows[0] == kind else b""
        each = 4 * len(row)
        count = 1 + -(-len(more) // each)
        numbers = struct.pack(f">{1 + len(row)}I", count, *row)
        return full(kind, numbers, more.ljust((count - 1) * each, b"_"))


def sequence(
    coding: Coding,
    *tracks: Track,
    of_movie: tuple[bytes, ...] = (),
    made: int = 0,
    matrix: bytes = MATRIX,
) -> bytes:
    """A file with a still, and these tracks behind it."""
    still = whole(coding, brands=BRANDS[coding])
    every = tracks or (plain(coding),)

    def movie(starts: list[int]) -> bytes:
        head = struct.pack(">IIIIIH10x", made, made, 10, 3, 0x10000, 0x100)
        return box(
            b"moov",
            full(b"mvhd", head, matrix, bytes(24), struct.pack(">I", 9)),
            *(track.written(coding, start) for track, start in zip(every, starts, strict=True)),
            *of_movie,
        )

    size = len(movie([0] * len(every)))
    at = len(replace(still, before=(bytes(size),)).written()) + 8
    starts = []
    for track in every:
        starts.append(at)
        at += sum(len(frame) for frame in track.frames)
    data = box(b"mdat", *(frame for track in every for frame in track.frames))
    return replace(still, before=(movie(starts),)).written() + data


def plain(coding: Coding, **options: object) -> Track:
    """Three times the same picture."""
    track = Track(1, (coded(coding).data,) * 3)
    return replace(track, **options)  # type: ignore[arg-type] # any field of a track


def beside(coding: Coding, address: str, **options: object) -> Track:
    """A track that belongs to the first one."""
    return plain(
        coding,
        number=2,
        handler=b"auxv",
        of_entry=(full(b"auxi", address.encode() + b"\0"),),
        of_track=(box(b"tref", box(b"auxl", struct.pack(">I", 1))),),
        **options,
    )


def plants(coding: Coding) -> dict[str, bytes]:
    first = plain(coding)
    exif = whole(coding, words(b"Exif", bytes(4) + SECRET_EXIF))
    meta = exif.written()
    at = meta.index(b"meta") - 4
    nested = meta[at : at + struct.unpack_from(">I", meta, at)[0]]
    secret = box(b"zzzz", CANARY)
    date = struct.unpack(">I", CANARY[:4])[0]
    tracks = {
        "handler of a track": replace(first, name=CANARY),
        "date of a track": replace(first, made=date),
        "compressor": replace(first, compressor=CANARY.ljust(32, b"\0")),
        "box of a coding": replace(first, of_entry=(secret,)),
        "a second box of a kind": replace(first, of_table=(full(b"stts", CANARY),)),
        "table of an unknown kind": replace(first, of_table=(secret,)),
        "group of frames": replace(first, of_table=(full(b"sgpd", CANARY),)),
        "tail of an edit": replace(first, of_track=(edits(CANARY),)),
        "rows of edits": replace(first, of_track=(edits(CANARY.ljust(24, b"_"), count=3),)),
        "rows of times": replace(first, rows=(b"stts", CANARY)),
        "rows of chunks": replace(first, rows=(b"stsc", CANARY)),
        "rows of frames that stand alone": replace(first, rows=(b"stss", CANARY)),
        "matrix of a track": replace(first, matrix=CANARY.ljust(36, b"_")),
        "metadata of a track": replace(first, of_track=(nested, secret)),
    }
    found = {name: sequence(coding, track) for name, track in tracks.items()}
    hidden = replace(beside(coding, DEPTH), frames=(CANARY,))
    sound = replace(hidden, handler=b"soun", of_track=())
    return found | {
        "date of the movie": sequence(coding, made=date),
        "matrix of the movie": sequence(coding, matrix=CANARY.ljust(36, b"_")),
        "words of the movie": sequence(coding, of_movie=(box(b"udta", CANARY),)),
        "sound": sequence(coding, first, sound),
        "depth": sequence(coding, first, hidden),
        "a further track": sequence(coding, first, replace(hidden, handler=b"pict", of_track=())),
        "address of alpha": sequence(coding, first, beside(coding, "urn:" + CANARY.decode())),
    }


def edits(tail: bytes = b"", *, count: int = 1) -> bytes:
    """An edit list with one edit, and what is to stand behind it."""
    return box(b"edts", full(b"elst", struct.pack(">IIIHH", count, 3, 0, 1, 0), tail))


def with_alpha(coding: Coding) -> bytes:
    """A sequence whose second track is its alpha, and whose offsets are wide."""
    first = plain(coding, is_wide=True, of_track=(edits(),))
    return sequence(coding, first, beside(coding, ALPHA))
