"""What inspect lists: every kind of block, in its risk group, in printable words; garbage is a
finding too.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from safelight.codecs import metadata, routing, scrub
from safelight.formats import WRITABLE
from safelight.image import Finding, Risk, Wish
from tests.codecs.making import (
    XMP_HEAD,
    chunk,
    exif,
    extended,
    iptc,
    jpeg,
    picture,
    png,
    profile,
    resource,
    riff_chunk,
    saved,
    segment,
    small_picture_exif,
    webp,
    webp_of,
    with_chunks,
    with_segments,
    xmp,
)

DC = "http://purl.org/dc/elements/1.1/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"


def found(data: bytes) -> dict[str, Finding]:
    """The findings by name."""
    format = routing.route(data[:64])
    assert format is not None
    return {finding.name: finding for finding in metadata.findings(memoryview(data), format)}


def listed(data: bytes, name: str) -> tuple[Risk, str]:
    finding = found(data)[name]
    return finding.group, finding.value


def test_exif_is_listed_by_risk_with_readable_values() -> None:
    block = exif(
        {0x010F: "Maker", 0x013B: "A. Person", 0x0132: "2026:01:02 03:04:05", 0x8298: "(c) me"},
        inner={0xA431: "1234", 0x829A: 0.25, 0x9286: b"ASCII\0\0\0hello", 0x927C: b"\0" * 99},
        gps={
            1: "S",
            2: (33.0, 51.0, 36.0),
            3: "E",
            4: (151.0, 12.0, 36.0),
            5: b"\1",
            6: 12.5,
            7: (3.0, 4.0, 5.5),
            29: "2026:01:02",
        },
    )
    data = jpeg(exif=block)
    assert listed(data, "GPSLatitude") == (Risk.PLACE, "-33.860000")
    assert listed(data, "GPSLongitude") == (Risk.PLACE, "151.210000")
    assert listed(data, "GPSAltitude") == (Risk.PLACE, "-12.5 m")
    assert listed(data, "GPSTimeStamp") == (Risk.PLACE, "03:04:05.500")
    assert listed(data, "Artist") == (Risk.IDENTITY, "A. Person")
    assert listed(data, "UserComment") == (Risk.IDENTITY, "hello")
    assert listed(data, "SerialNumber") == (Risk.DEVICE, "1234")
    assert listed(data, "MakerNote") == (Risk.DEVICE, "99 bytes")
    assert listed(data, "Make") == (Risk.DEVICE, "Maker")
    assert listed(data, "ModifyDate") == (Risk.TIME, "2026:01:02 03:04:05")
    assert listed(data, "ExposureTime") == (Risk.SETTINGS, "0.25")
    assert listed(data, "Copyright") == (Risk.RIGHTS, "(c) me")


def test_wide_and_unknown_tags_are_listed() -> None:
    wide = "Grüße".encode("utf-16-le")
    block = exif(
        {0x9C9D: wide, 0xC0DE: "odd"}, inner={0x9286: b"UNICODE\0" + "é".encode("utf-16-be")}
    )
    data = jpeg(exif=block)
    assert listed(data, "XPAuthor") == (Risk.IDENTITY, "Grüße")
    assert listed(data, "UserComment") == (Risk.IDENTITY, "é")
    assert listed(data, "0xC0DE") == (Risk.OTHER, "odd")


def test_the_small_picture_in_exif_is_listed() -> None:
    data = with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + small_picture_exif(b"x" * 77)))
    assert listed(data, "Thumbnail") == (Risk.THUMBNAIL, "77 bytes")


def test_xmp_is_listed_by_namespace() -> None:
    packet = xmp(
        "<dc:creator><rdf:Seq><rdf:li>A</rdf:li><rdf:li>B</rdf:li></rdf:Seq></dc:creator>"
        "<p:City>Rome</p:City><e:GPSLatitude>41,53N</e:GPSLatitude><e:LensModel>L</e:LensModel>"
        "<mm:History><rdf:Seq><rdf:li x:softwareAgent='Tool' xmlns:x='urn:x'/></rdf:Seq>"
        "</mm:History><u:thing>1</u:thing>"
        "<i:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits"
        "</i:DigitalSourceType>",
        dc=DC,
        p="http://ns.adobe.com/photoshop/1.0/",
        e="http://ns.adobe.com/exif/1.0/",
        mm="http://ns.adobe.com/xap/1.0/mm/",
        u="urn:unknown",
        i=IPTC_EXT,
    )
    data = with_segments(jpeg(), segment(0xE1, XMP_HEAD + packet))
    assert listed(data, "XMP creator") == (Risk.IDENTITY, "A; B")
    assert listed(data, "XMP City") == (Risk.PLACE, "Rome")
    assert listed(data, "XMP GPSLatitude") == (Risk.PLACE, "41,53N")
    assert listed(data, "XMP LensModel") == (Risk.DEVICE, "L")
    assert listed(data, "XMP History") == (Risk.HISTORY, "Tool")
    assert listed(data, "XMP softwareAgent") == (Risk.HISTORY, "Tool")
    assert listed(data, "XMP thing") == (Risk.OTHER, "1")
    assert found(data)["XMP DigitalSourceType"].group == Risk.PROVENANCE


@pytest.mark.parametrize("wide", ["utf-16-le", "utf-16-be", "utf-8"])
def test_xmp_is_read_in_every_encoding(wide: str) -> None:
    packet = "<?xpacket begin='\ufeff'?>" + xmp("<dc:title>Ä</dc:title>", dc=DC).decode()
    data = with_segments(jpeg(), segment(0xE1, XMP_HEAD + packet.encode(wide) + b"\0\0"))
    assert listed(data, "XMP title") == (Risk.IDENTITY, "Ä")


def test_extended_xmp_is_joined_in_order() -> None:
    packet = xmp("<dc:title>late</dc:title>", dc=DC)
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32
    size = struct.pack(">I", len(packet))
    halves = [
        segment(0xE1, head + size + struct.pack(">I", at) + packet[at : at + 60])
        for at in range(0, len(packet), 60)
    ]
    data = with_segments(jpeg(), *reversed(halves))
    assert listed(data, "XMP title") == (Risk.IDENTITY, "late")


def test_iptc_and_photoshop_resources_are_listed() -> None:
    body = (
        resource(0x0404, iptc(n80=b"A. Person", n90=b"Rome", n55=b"20260102", n99=b"?"))
        + resource(0x040C, bytes(40))
        + resource(0x0BB7, b"path")
        + resource(0x040F, profile())
    )
    data = with_segments(jpeg(), segment(0xED, b"Photoshop 3.0\0" + body))
    assert listed(data, "IPTC By-line") == (Risk.IDENTITY, "A. Person")
    assert listed(data, "IPTC City") == (Risk.PLACE, "Rome")
    assert listed(data, "IPTC DateCreated") == (Risk.TIME, "20260102")
    assert listed(data, "IPTC 2:99") == (Risk.OTHER, "?")
    assert found(data)["PhotoshopThumbnail"].group == Risk.THUMBNAIL
    assert found(data)["Photoshop 0x0BB7"].group == Risk.OTHER
    assert found(data)["ICC_Profile"].group == Risk.COLOUR


def test_the_other_places_of_a_jpeg_are_listed() -> None:
    manifest = b"JP\0\1\0\0\0\1jumbc2pa digitalsourcetype/trainedAlgorithmicMediaxyz"
    data = with_segments(
        jpeg(),
        segment(0xFE, b"hello\0"),
        segment(0xE0, b"JFXX\0\x10" + bytes(9)),
        segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1abc"),
        segment(0xE2, b"MPF\0II"),
        segment(0xE5, b"vendor"),
        segment(0xEB, manifest),
        segment(0xEB, manifest),
        segment(0xE2, b"ICC_PROFILE\0\1\1" + profile()),
    )
    data += b"more"
    assert listed(data, "Comment") == (Risk.OTHER, "hello")
    assert found(data)["APP0"].group == found(data)["JFIF thumbnail"].group == Risk.THUMBNAIL
    assert found(data)["MPF"].group == Risk.THUMBNAIL
    assert listed(data, "APP5") == (Risk.OTHER, "6 bytes")
    assert listed(data, "Trailer") == (Risk.OTHER, "4 bytes")
    assert found(data)["C2PA manifest"].group == Risk.PROVENANCE
    assert listed(data, "C2PA digitalSourceType")[1].endswith("/trainedAlgorithmicMedia")
    assert listed(data, "ICC_Profile") == (Risk.COLOUR, "sRGB built-in")


def test_a_profile_in_wrong_parts_is_listed_but_has_no_name() -> None:
    data = with_segments(jpeg(), segment(0xE2, b"ICC_PROFILE\0\2\2" + profile()))
    assert listed(data, "ICC_Profile") == (Risk.COLOUR, "0 bytes")


def test_png_texts_are_listed_in_all_their_forms() -> None:
    block = exif({0x010F: "Maker"})
    raw = b"\nexif\n  99\n" + (b"Exif\0\0" + block).hex().encode()
    data = (
        with_chunks(
            png(),
            (b"tEXt", b"Author\0A. Person"),
            (b"zTXt", b"Software\0\0" + zlib.compress(b"Tool")),
            (b"iTXt", b"Title\0\1\0de\0Titel\0" + zlib.compress("Ä".encode())),
            (b"iTXt", b"Odd\0\0\0\0\0words"),
            (b"tEXt", b"Raw profile type exif\0" + raw),
            (b"tEXt", b"Raw profile type xyz\0nonsense"),
            (b"tIME", bytes((7, 0xEA, 1, 2, 3, 4, 5))),
            (b"eXIf", exif({0x0110: "Model"})),
            (b"prVt", b"private"),
            (b"caBX", b"c2pa"),
            (b"iCCP", b"x\0\0" + zlib.compress(profile())),
        )
        + b"end"
    )
    assert listed(data, "Author") == (Risk.IDENTITY, "A. Person")
    assert listed(data, "Software") == (Risk.HISTORY, "Tool")
    assert listed(data, "Title") == (Risk.IDENTITY, "Ä")
    assert listed(data, "Odd") == (Risk.OTHER, "words")
    assert listed(data, "Make") == (Risk.DEVICE, "Maker")
    assert listed(data, "Model") == (Risk.DEVICE, "Model")
    assert listed(data, "ModifyDate") == (Risk.TIME, "2026:01:02:03:04:05")
    assert listed(data, "prVt") == (Risk.OTHER, "7 bytes")
    assert found(data)["C2PA manifest"].group == Risk.PROVENANCE
    assert listed(data, "ICC_Profile") == (Risk.COLOUR, "sRGB built-in")
    assert listed(data, "Trailer") == (Risk.OTHER, "3 bytes")


def test_webp_chunks_are_listed() -> None:
    image = webp()[12:]
    head = extended(0x2C, 24, 16)
    frame = riff_chunk(b"ANMF", bytes(16) + riff_chunk(b"odd!", b"x"))
    data = webp_of(
        head,
        image,
        riff_chunk(b"EXIF", b"Exif\0\0" + exif({0x010F: "Maker"})),
        riff_chunk(b"XMP ", xmp("<dc:title>T</dc:title>", dc=DC)),
        riff_chunk(b"\1\2\3\4", b"abc", padding=b"!"),
        frame,
    )
    assert listed(data, "Make") == (Risk.DEVICE, "Maker")
    assert listed(data, "XMP title") == (Risk.IDENTITY, "T")
    assert listed(data, "01020304") == (Risk.OTHER, "3 bytes")
    assert listed(data, "padding") == (Risk.OTHER, "1 bytes")
    assert listed(data, "odd!") == (Risk.OTHER, "1 bytes")
    assert listed(data + b"rest", "Trailer") == (Risk.OTHER, "4 bytes")


def test_tiff_gif_and_avif_are_listed() -> None:
    tags = {0x010E: "words", 0x013B: "A. Person", 700: xmp("<dc:title>T</dc:title>", dc=DC)}
    tiff = saved(picture(), "TIFF", tiffinfo=tags)
    assert listed(tiff, "Artist") == (Risk.IDENTITY, "A. Person")
    assert listed(tiff, "XMP title") == (Risk.IDENTITY, "T")
    gif = saved(picture(), "GIF", comment=b"hello")
    assert listed(gif, "Comment") == (Risk.OTHER, "hello")
    avif = saved(
        picture(),
        "AVIF",
        exif=exif({0x013B: "A. Person"}),
        xmp=xmp("<dc:title>T</dc:title>", dc=DC),
        icc_profile=profile(),
    )
    assert listed(avif, "Artist") == (Risk.IDENTITY, "A. Person")
    assert listed(avif, "XMP title") == (Risk.IDENTITY, "T")
    assert listed(avif, "ICC_Profile") == (Risk.COLOUR, "sRGB built-in")


def test_gif_application_blocks_are_listed() -> None:
    packet = xmp("<dc:title>T</dc:title>", dc=DC)
    ramp = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    blocks = (
        b"\x21\xff\x0bXMP DataXMP" + packet + ramp,
        b"\x21\xff\x0bICCRGBG1012\x05abcde\0",
        b"\x21\xff\x0bPRIVATE1.0 \x03abc\0",
        b"\x21\xff\x0bNETSCAPE2.0\x03\1\0\0\0",
        b"\x21\x01\x0c" + bytes(12) + b"\x05words\0",
    )
    plain = saved(picture(), "GIF")
    data = plain[:-1] + b"".join(blocks) + b";rest"
    assert listed(data, "XMP title") == (Risk.IDENTITY, "T")
    assert found(data)["ICC_Profile"].group == Risk.COLOUR
    assert found(data)["PRIVATE1.0 "].group == Risk.OTHER
    assert listed(data, "PlainText") == (Risk.OTHER, "words")
    assert listed(data, "Trailer") == (Risk.OTHER, "4 bytes")
    assert "NETSCAPE2.0" not in found(data)


def test_values_are_one_printable_line_of_bounded_length() -> None:
    hostile = "\x1b[31mred\r\n" + "x" * 500
    data = with_segments(jpeg(exif=exif({0x013B: hostile})), segment(0xFE, hostile.encode()))
    for name in ("Artist", "Comment"):
        value = found(data)[name].value
        assert value.isprintable()
        assert len(value) == 200


GARBAGE = {
    "EXIF": segment(0xE1, b"Exif\0\0garbage"),
    "XMP": segment(0xE1, XMP_HEAD + b"<not xml"),
    "IPTC": segment(0xED, b"Photoshop 3.0\0" + resource(0x0404, b"garbage")),
    "Photoshop": segment(0xED, b"Photoshop 3.0\0garbage"),
}


@pytest.mark.parametrize("name", sorted(GARBAGE))
def test_garbage_is_a_finding_of_its_own(name: str) -> None:
    data = with_segments(jpeg(), GARBAGE[name])
    sizes = {"EXIF": 7, "XMP": 8, "IPTC": 7, "Photoshop": 7}
    assert listed(data, "unreadable block") == (Risk.OTHER, f"{name}, {sizes[name]} bytes")


HOSTILE_XMP = {
    "entities": b"<!DOCTYPE x [<!ENTITY a 'boom'>]>" + xmp("<dc:title>&a;</dc:title>", dc=DC),
    "external": b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + xmp("", dc=DC),
    "deep": b"<a>" * 5_000 + b"</a>" * 5_000,
    "wide": b"<a>" + b"<b/>" * 60_000 + b"</a>",
    "long": b" " * 9_000_000,
    "two roots": b"<a/><b/>",
    "nothing": b"",
    "no properties": b"<x>CANARY</x>",
}


@pytest.mark.parametrize("name", sorted(HOSTILE_XMP))
def test_hostile_xmp_is_refused(name: str) -> None:
    data = webp_of(extended(4, 24, 16), webp()[12:], riff_chunk(b"XMP ", HOSTILE_XMP[name]))
    size = len(HOSTILE_XMP[name])
    assert listed(data, "unreadable block") == (Risk.OTHER, f"XMP, {size} bytes")


def test_a_packet_without_properties_is_told_when_it_goes() -> None:
    for packet, name in ((b"<x>words</x>", "unreadable block"), (xmp("", dc=DC), None)):
        data = webp_of(extended(4, 24, 16), webp()[12:], riff_chunk(b"XMP ", packet))
        pieces, changes = scrub.rewrite(memoryview(data), "webp", Wish())
        assert packet not in b"".join(pieces)
        assert [one.finding.name for one in changes if one.what == "removed"] == [name][
            : bool(name)
        ]


def test_a_container_that_breaks_off_lists_what_was_before() -> None:
    data = with_chunks(png(), (b"tEXt", b"Author\0A. Person"))[:-30]
    assert listed(data, "Author") == (Risk.IDENTITY, "A. Person")
    assert listed(data, "unreadable block") == (Risk.OTHER, "")


def test_findings_come_in_the_order_of_their_risk_and_once_each() -> None:
    text = chunk(b"tEXt", b"Author\0A. Person")
    data = png()[:33] + text + text + png()[33:]
    groups = [finding.group for finding in metadata.findings(memoryview(data), "png")]
    assert groups == sorted(groups)
    assert len(groups) == 1


def test_no_shared_file_makes_the_reader_raise(shared_data: Path) -> None:
    seen = 0
    for folder in ("metadata", "formats", "hostile"):
        for path in sorted((shared_data / folder).rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            format = routing.route(data[:64])
            for guess in WRITABLE if folder == "hostile" else (format,):
                if guess is not None:
                    metadata.findings(memoryview(data), guess)
                    seen += 1
    assert seen > 1_000
