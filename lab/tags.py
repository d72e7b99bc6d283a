"""Planted metadata: invented people, cameras and places, in the containers real ones use."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction

from PIL import Image

ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7
ENTRY_BYTES = 12


@dataclass(frozen=True)
class Planted:
    """What one example picture gives away about people who do not exist."""

    artist: str
    make: str
    model: str
    serial: str
    latitude: float
    longitude: float
    taken: str
    comment: str
    orientation: int = 1


@dataclass(frozen=True)
class Tag:
    """One field of a TIFF folder."""

    number: int
    kind: int
    count: int
    data: bytes


def exif(planted: Planted, thumbnail: bytes) -> bytes:
    """A big-endian TIFF block with main, camera, place and thumbnail folders."""
    camera, place = _camera(planted), _place(planted)
    start = 8
    after_main = start + _folder_bytes(main := _main(planted, 0, 0))
    after_camera = after_main + _folder_bytes(camera)
    after_place = after_camera + _folder_bytes(place)
    main = _main(planted, after_main, after_camera)
    thumb = [_short(0x0103, 6), _long(0x0201, 0), _long(0x0202, len(thumbnail))]
    image_at = after_place + _folder_bytes(thumb)
    thumb = [_short(0x0103, 6), _long(0x0201, image_at), _long(0x0202, len(thumbnail))]
    return b"".join(
        [
            struct.pack(">2sHI", b"MM", 42, start),
            _folder(main, start, next_at=after_place),
            _folder(camera, after_main, next_at=0),
            _folder(place, after_camera, next_at=0),
            _folder(thumb, after_place, next_at=0),
            thumbnail,
        ]
    )


def xmp(planted: Planted) -> bytes:
    """An XMP packet that names the person and what is in the picture."""
    text = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <dc:creator><rdf:Seq><rdf:li>{planted.artist}</rdf:li></rdf:Seq></dc:creator>
   <Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>{planted.artist}</rdf:li></rdf:Bag>
   </Iptc4xmpExt:PersonInImage>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
    return text.encode()


def thumbnail_of(image: Image.Image) -> bytes:
    """A JPEG of at most 120 pixels a side."""
    small = image.copy()
    small.thumbnail((120, 120), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=70)
    return buffer.getvalue()


def _main(planted: Planted, camera_at: int, place_at: int) -> list[Tag]:
    return [
        _ascii(0x010E, planted.comment),
        _ascii(0x010F, planted.make),
        _ascii(0x0110, planted.model),
        _short(0x0112, planted.orientation),
        _ascii(0x0132, planted.taken),
        _ascii(0x013B, planted.artist),
        _ascii(0x8298, f"(c) {planted.artist}"),
        _long(0x8769, camera_at),
        _long(0x8825, place_at),
    ]


def _camera(planted: Planted) -> list[Tag]:
    note = b"ASCII\0\0\0" + planted.comment.encode()
    return [
        _rationals(0x829A, [Fraction(1, 125)]),
        _short(0x8827, 200),
        Tag(0x9000, UNDEFINED, 4, b"0232"),
        _ascii(0x9003, planted.taken),
        Tag(0x9286, UNDEFINED, len(note), note),
        _ascii(0xA430, planted.artist),
        _ascii(0xA431, planted.serial),
        _ascii(0xA435, "LENS-" + planted.serial),
    ]


def _place(planted: Planted) -> list[Tag]:
    north, east = planted.latitude >= 0, planted.longitude >= 0
    return [
        Tag(0x0000, 1, 4, bytes([2, 3, 0, 0])),
        _ascii(0x0001, "N" if north else "S"),
        _rationals(0x0002, _degrees(abs(planted.latitude))),
        _ascii(0x0003, "E" if east else "W"),
        _rationals(0x0004, _degrees(abs(planted.longitude))),
        _ascii(0x001D, planted.taken[:10]),
    ]


def _degrees(angle: float) -> list[Fraction]:
    minutes = (angle % 1) * 60
    seconds = Fraction(round((minutes % 1) * 6000), 100)
    return [Fraction(int(angle)), Fraction(int(minutes)), seconds]


def _ascii(number: int, text: str) -> Tag:
    data = text.encode("ascii") + b"\0"
    return Tag(number, ASCII, len(data), data)


def _short(number: int, value: int) -> Tag:
    return Tag(number, SHORT, 1, struct.pack(">HH", value, 0))


def _long(number: int, value: int) -> Tag:
    return Tag(number, LONG, 1, struct.pack(">I", value))


def _rationals(number: int, values: list[Fraction]) -> Tag:
    data = b"".join(struct.pack(">II", v.numerator, v.denominator) for v in values)
    return Tag(number, RATIONAL, len(values), data)


def _folder_bytes(tags: list[Tag]) -> int:
    outside = sum(len(t.data) + len(t.data) % 2 for t in tags if len(t.data) > 4)
    return 2 + ENTRY_BYTES * len(tags) + 4 + outside


def _folder(tags: list[Tag], at: int, *, next_at: int) -> bytes:
    head, tail = struct.pack(">H", len(tags)), b""
    room = at + 2 + ENTRY_BYTES * len(tags) + 4
    for tag in tags:
        head += struct.pack(">HHI", tag.number, tag.kind, tag.count)
        if len(tag.data) <= 4:
            head += tag.data.ljust(4, b"\0")
        else:
            head += struct.pack(">I", room + len(tail))
            tail += tag.data + b"\0" * (len(tag.data) % 2)
    return head + struct.pack(">I", next_at) + tail
